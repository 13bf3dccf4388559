import { AwsError } from '../types.ts';
import type { AuthErrors, Codec, WireRequest } from './request.ts';

const authErrors: AuthErrors = {
  missing: () => new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token'),
  unknownKey: () =>
    new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.'),
  badSignature: (message) => new AwsError('InvalidSignatureException', message),
  skewed: (message) => new AwsError('InvalidSignatureException', message),
  expiredToken: () => new AwsError('ExpiredTokenException', 'The security token included in the request is expired'),
};

/** AWS JSON 1.0 and 1.1: `X-Amz-Target: Prefix.Operation`. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function jsonCodec(contentType: string): Codec {
  const headers = { 'content-type': contentType };
  return {
    authErrors,
    decode(request) {
      const operation = request.headers['x-amz-target']?.split('.').at(-1);
      if (!operation) throw new AwsError('UnknownOperationException', 'X-Amz-Target names no operation');
      return { operation, input: parseJsonObject(request) };
    },
    encode: (_operation, output) => ({ status: 200, headers, body: toJson(output ?? {}) }),
    encodeError: (error) => ({
      status: error.status,
      headers: { ...headers, 'x-amzn-errortype': error.code },
      body: toJson({ __type: error.code, message: error.message, Message: error.message }),
    }),
  };
}

/** @throws AwsError SerializationException for anything but an object. */
export function parseJsonObject(request: WireRequest): Record<string, unknown> {
  if (request.body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(request.body.toString('utf8'));
  } catch {
    // What was wrong with the text does not matter to the caller; AWS does not say it either.
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AwsError('SerializationException', 'The request body is not a JSON object');
  }
  return parsed as Record<string, unknown>;
}

/** Dates as epoch seconds, blobs as base64. */
export function toJson(value: unknown): string {
  return JSON.stringify(jsonShape(value));
}

function jsonShape(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(jsonShape);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonShape(member)]));
}
