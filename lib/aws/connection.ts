/** Where to and as whom; what is left out, the environment says. */
export interface Connection {
  endpoint?: string;
  region?: string;
  profile?: string;
}

/** Four tries with the SDK's jittered backoff; an attempt that hangs is given up well inside a function's time. */
export const clientOptions = { maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 } };
