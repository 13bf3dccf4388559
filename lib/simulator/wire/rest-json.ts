import { AwsError, type Route } from '../types.ts';
import { parseJsonObject, toJson } from './json.ts';
import type { AuthErrors, Codec } from './request.ts';
import { restParts } from './rest.ts';
import { route } from './routing.ts';

const authErrors: AuthErrors = {
  missing: () => new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403),
  unknownKey: () =>
    new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403),
  badSignature: (message) => new AwsError('InvalidSignatureException', message, 403),
  skewed: (message) => new AwsError('InvalidSignatureException', message, 403),
  expiredToken: () =>
    new AwsError('ExpiredTokenException', 'The security token included in the request is expired', 403),
};

/** AWS REST JSON. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJsonCodec(routes: readonly Route[]): Codec {
  return {
    authErrors,
    decode(request) {
      const { route: found, input } = route(routes, request);
      const body = found.payload === undefined ? parseJsonObject(request) : { [found.payload]: request.body };
      return { operation: found.operation, input: { ...body, ...input } };
    },
    encode(operation, output) {
      const parts = restParts(
        routes.find((candidate) => candidate.operation === operation) ?? missing(operation),
        output,
      );
      const headers = { 'content-type': 'application/json', ...parts.headers };
      const empty = parts.status === 204 || parts.status === 202;
      return { status: parts.status, headers, body: parts.payload ?? (empty ? '' : toJson(parts.rest)) };
    },
    encodeError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      body: toJson({
        Type: error.status < 500 ? 'User' : 'Service',
        message: error.message,
        Message: error.message,
      }),
    }),
  };
}

function missing(operation: string): never {
  throw new Error(`No route for ${operation}`);
}
