import type { AwsError } from '../types.ts';

export interface WireRequest {
  method: string;
  /** As sent, still percent-encoded: the signature covers it so. */
  rawPath: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** The error codes that a protocol's services answer a bad signature with. */
export interface AuthErrors {
  missing(): AwsError;
  unknownKey(): AwsError;
  badSignature(message: string): AwsError;
  skewed(message: string): AwsError;
  expiredToken(): AwsError;
}

/** One protocol, bound to one service. */
export interface Codec {
  authErrors: AuthErrors;
  /** @throws AwsError when no operation is meant. */
  decode(request: WireRequest): { operation: string; input: Record<string, unknown> };
  encode(operation: string, output: unknown): WireResponse;
  encodeError(error: AwsError): WireResponse;
}
