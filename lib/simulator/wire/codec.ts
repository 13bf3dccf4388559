import type { Service } from '../types.ts';
import { jsonCodec } from './json.ts';
import { queryCodec } from './query.ts';
import type { Codec, WireRequest } from './request.ts';
import { restJsonCodec } from './rest-json.ts';
import { restXmlCodec } from './rest-xml.ts';

/** The codec of a service's protocol. An unknown service is answered in JSON. */
export function codecFor(service: Service | undefined, request: WireRequest): Codec {
  const wire = service?.wire ?? { protocol: 'json' };
  switch (wire.protocol) {
    case 'json':
      return jsonCodec(request.headers['content-type'] ?? 'application/x-amz-json-1.1');
    case 'query':
      return queryCodec(wire.namespace);
    case 'rest-json':
      return restJsonCodec(wire.routes);
    case 'rest-xml':
      return restXmlCodec(wire.namespace, wire.routes);
  }
}
