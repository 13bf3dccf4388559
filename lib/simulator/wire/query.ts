import { AwsError } from '../types.ts';
import type { AuthErrors, Codec } from './request.ts';
import { element, toXml } from './xml.ts';

const authErrors: AuthErrors = {
  missing: () => new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403),
  unknownKey: () => new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403),
  badSignature: (message) => new AwsError('SignatureDoesNotMatch', message, 403),
  skewed: (message) => new AwsError('SignatureDoesNotMatch', message, 403),
  expiredToken: () => new AwsError('ExpiredToken', 'The security token included in the request is expired', 403),
};

/** AWS query: a form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function queryCodec(namespace: string): Codec {
  const headers = { 'content-type': 'text/xml' };
  return {
    authErrors,
    decode(request) {
      const { Action: operation, Version: _version, ...input } = parseForm(request.body.toString('utf8'));
      if (typeof operation !== 'string') throw new AwsError('MissingAction', 'The form names no Action');
      return { operation, input };
    },
    encode: (operation, output) => ({
      status: 200,
      headers,
      body: element(
        `${operation}Response`,
        element(`${operation}Result`, toXml(output ?? {})) +
          element('ResponseMetadata', element('RequestId', crypto.randomUUID())),
        { xmlns: namespace },
      ),
    }),
    encodeError: (error) => ({
      status: error.status,
      headers,
      body: element(
        'ErrorResponse',
        element(
          'Error',
          toXml({ Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message }),
        ) + element('RequestId', crypto.randomUUID()),
        { xmlns: namespace },
      ),
    }),
  };
}

interface Branch {
  [name: string]: Branch | string;
}

/** `Tags.member.1.Key=a` → `{Tags: [{Key: 'a'}]}`; `Attributes.entry.1.key=a&….value=b` → `{Attributes: {a: 'b'}}`. */
export function parseForm(form: string): Record<string, unknown> {
  const root: Branch = Object.create(null);
  for (const [path, value] of new URLSearchParams(form)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let branch = root;
    for (const name of names) {
      const known = branch[name];
      const next: Branch = typeof known === 'object' ? known : Object.create(null);
      branch[name] = next;
      branch = next;
    }
    branch[last] = value;
  }
  return Object.fromEntries(Object.entries(root).map(([name, member]) => [name, formValue(member)]));
}

function formValue(member: Branch | string): unknown {
  if (typeof member === 'string') return member;
  const { member: list, entry: map } = member;
  if (typeof list === 'object') return inOrder(list).map(formValue);
  if (typeof map === 'object') {
    return Object.fromEntries(
      inOrder(map).map((pair) => {
        if (typeof pair === 'string') throw new AwsError('MalformedQueryString', 'An entry has no key');
        return [String(pair['key'] ?? pair['Name']), formValue(pair['value'] ?? pair['Value'] ?? '')];
      }),
    );
  }
  return Object.fromEntries(Object.entries(member).map(([name, inner]) => [name, formValue(inner)]));
}

function inOrder(branch: Branch): (Branch | string)[] {
  return Object.entries(branch)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, value]) => value);
}
