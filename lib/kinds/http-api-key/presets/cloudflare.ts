import type { Door } from '../../shared/api-key/door.ts';
import { defineProvider } from '../provider.ts';

const tokens = '/client/v4/accounts/{account}/tokens';

/** https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/verify */
const verify: Door = {
  name: 'Cloudflare',
  origin: 'api',
  path: `${tokens}/verify`,
  signs: 'header',
  body: 'json',
  accepted: [{ status: 200, where: { 'result.status': ['active'] } }],
  // Not 9109: that is also what a token gets from an address that its condition excludes.
  refused: [
    { status: 401, where: { 'errors.0.code': [1000, 10000] } },
    { status: 200, where: { 'result.status': ['disabled', 'expired'] } },
  ],
  id: 'result.id',
};

const listing = {
  path: `${tokens}?per_page=50`,
  items: 'result',
  id: 'id',
  pages: { by: 'number', parameter: 'page', size: 50 },
} as const;

/**
 * Account tokens. Not rolled: that ends the old value at once. An update states the whole token.
 * https://developers.cloudflare.com/api/resources/accounts/subresources/tokens
 */
export const cloudflareToken = defineProvider({
  id: 'cloudflare-token',
  origins: { api: ['https://api.cloudflare.com'] },
  parameters: { account: 'text', policies: 'json' },
  sends: { header: 'authorization', before: 'Bearer ' },
  adminNeeds: 'the permission "Account API Tokens Write" on the account',
  list: { ...listing, name: 'name' },
  create: { path: tokens, body: { name: '{name}', policies: '{policies}' }, id: 'result.id', value: 'result.value' },
  remove: { path: `${tokens}/{id}` },
  disable: {
    by: 'status',
    path: `${tokens}/{id}`,
    method: 'PUT',
    result: 'result',
    keep: ['name', 'policies', 'condition', 'not_before', 'expires_on'],
    field: 'status',
    off: 'disabled',
    on: 'active',
  },
  doors: [verify],
  lastUse: { ...listing, at: 'last_used_on', form: 'iso' },
  nameLength: 120,
  propagationSeconds: 60,
});

/**
 * A token as a pair for R2's S3 API: the access key id is the token's id, the secret access key is the SHA-256 of its value.
 * Both doors are tried: what the token's status says must be true at the S3 API too. Whether signed requests move
 * `last_used_on` is not documented.
 * https://developers.cloudflare.com/r2/api/tokens/#get-s3-api-credentials-from-an-api-token
 */
export const cloudflareR2 = defineProvider({
  ...cloudflareToken,
  id: 'cloudflare-r2',
  origins: {
    ...cloudflareToken.origins,
    s3: [
      'https://{account}.r2.cloudflarestorage.com',
      'https://{account}.eu.r2.cloudflarestorage.com',
      'https://{account}.fedramp.r2.cloudflarestorage.com',
    ],
  },
  parameters: { ...cloudflareToken.parameters, bucket: 'text' },
  doors: [
    verify,
    {
      name: 'R2',
      origin: 's3',
      path: '/{bucket}?list-type=2&max-keys=1',
      signs: 's3',
      body: 'xml',
      accepted: [{ status: 200 }],
      refused: [
        { status: 401, where: { Code: ['Unauthorized', 'InvalidAccessKeyId'] } },
        { status: 403, where: { Code: ['InvalidAccessKeyId'] } },
      ],
    },
  ],
  lastUse: { ...listing, at: 'last_used_on', form: 'iso', partial: true },
  derived: {
    accessKeyId: { from: 'id', role: 'identity' },
    secretAccessKey: { from: 'value', as: 'sha256-hex', role: 'secret' },
  },
});
