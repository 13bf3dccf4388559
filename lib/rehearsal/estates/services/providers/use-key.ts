import { listObjects } from '../storage/client.ts';

/** A key of a provider as a consumer has it, and where it uses it. */
export interface KeyInUse {
  /** By the names of the provider's origins. */
  origins: Readonly<Record<string, string>>;
  /** What the inventory says beside, such as the name of a collection. */
  parameters: Readonly<Record<string, unknown>>;
  /** The fields that the consumer was given: `value` of most keys, the pair of an R2 token. */
  fields: Readonly<Record<string, string>>;
}

/** One request as a consumer makes it; the status that it gets. By provider. */
const requests: Readonly<Record<string, (key: KeyInUse) => Promise<number>>> = {
  anthropic: ({ origins, fields }) =>
    statusOf(`${origins['api']}/v1/models`, {
      headers: { 'x-api-key': fields['value'] ?? '', 'anthropic-version': '2023-06-01' },
    }),
  'cloudflare-token': ({ origins, fields }) =>
    statusOf(`${origins['api']}/client/v4/zones`, { headers: bearer(fields['value']) }),
  'cloudflare-r2': ({ origins, parameters, fields }) =>
    listObjects(origins['s3'] ?? '', String(parameters['bucket']), {
      accessKeyId: fields['accessKeyId'] ?? '',
      secretAccessKey: fields['secretAccessKey'] ?? '',
    }),
  'openai-service-account': ({ origins, fields }) =>
    statusOf(`${origins['api']}/v1/responses`, { method: 'POST', headers: bearer(fields['value']), body: '{}' }),
  'openai-admin-key': ({ origins, fields }) =>
    statusOf(`${origins['api']}/v1/organization/admin_api_keys`, { headers: bearer(fields['value']) }),
  sendgrid: ({ origins, fields }) =>
    statusOf(`${origins['api']}/v3/mail/send`, { method: 'POST', headers: bearer(fields['value']), body: '{}' }),
  typesense: ({ origins, parameters, fields }) =>
    statusOf(`${origins['api']}/collections/${parameters['collection']}/documents/search?q=shoe`, {
      headers: { 'x-typesense-api-key': fields['value'] ?? '' },
    }),
};

/** @throws Error when nobody wrote down how this provider's keys are used */
export async function useKey(provider: string, key: KeyInUse): Promise<number> {
  const request = requests[provider];
  if (request === undefined) throw new Error(`no use of a key of ${provider} is known`);
  return await request(key);
}

function bearer(value = ''): Record<string, string> {
  return { authorization: `Bearer ${value}` };
}

async function statusOf(url: string, init: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}
