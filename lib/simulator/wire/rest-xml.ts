import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { AwsError, type Route } from '../types.ts';
import type { AuthErrors, Codec, WireRequest } from './request.ts';
import { restParts } from './rest.ts';
import { route } from './routing.ts';
import { element, toXml } from './xml.ts';

/** S3's. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const authErrors: AuthErrors = {
  missing: () => new AwsError('AccessDenied', 'Access Denied', 403),
  unknownKey: () =>
    new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403),
  badSignature: (message) => new AwsError('SignatureDoesNotMatch', message, 403),
  skewed: () =>
    new AwsError(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      403,
    ),
  expiredToken: () => new AwsError('ExpiredToken', 'The provided token has expired.', 400),
};

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, ignoreDeclaration: true });

/** AWS REST XML, as S3 speaks it (path style). https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export function restXmlCodec(namespace: string, routes: readonly Route[]): Codec {
  return {
    authErrors,
    decode(request) {
      const { route: found, input } = route(routes, request);
      const body = unchunked(request);
      const members = found.payload === undefined ? parseXml(body) : { [found.payload]: body };
      return { operation: found.operation, input: { ...members, ...input } };
    },
    encode(operation, output) {
      const found = routes.find((candidate) => candidate.operation === operation);
      if (!found) throw new Error(`No route for ${operation}`);
      const { status, headers, payload, rest } = restParts(found, output);
      if (payload !== undefined) return { status, headers, body: payload };
      if (Object.keys(rest).length === 0 && found.response?.root === undefined) return { status, headers, body: '' };
      const root = found.response?.root ?? `${operation}Result`;
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, toXml(rest), { xmlns: namespace })}`;
      return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
    },
    encodeError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/xml' },
      body: element('Error', toXml({ Code: error.code, Message: error.message, RequestId: crypto.randomUUID() })),
    }),
  };
}

function parseXml(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  const text = body.toString('utf8');
  if (XMLValidator.validate(text) !== true) {
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  return parser.parse(text) as Record<string, unknown>;
}

/** `aws-chunked`: `<hex length>[;chunk-signature=…]\r\n<bytes>\r\n…0\r\n<trailers>`. */
function unchunked(request: WireRequest): Buffer {
  const coded = request.headers['content-encoding']?.includes('aws-chunked');
  if (!coded && !request.headers['x-amz-content-sha256']?.startsWith('STREAMING-')) return request.body;
  const chunks: Buffer[] = [];
  for (let at = 0; at < request.body.length; ) {
    const lineEnd = request.body.indexOf('\r\n', at);
    const size = Number.parseInt(request.body.subarray(at, lineEnd).toString('latin1'), 16);
    if (!Number.isFinite(size) || size === 0) break;
    chunks.push(request.body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}
