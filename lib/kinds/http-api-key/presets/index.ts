import type { Provider } from '../provider.ts';
import { cloudflareR2, cloudflareToken } from './cloudflare.ts';
import { openaiAdminKey, openaiServiceAccount } from './openai.ts';
import { sendgrid } from './sendgrid.ts';
import { typesense } from './typesense.ts';

/** Providers that the inventory may name, by their ids. */
export const presets: Readonly<Record<string, Provider>> = Object.fromEntries(
  [cloudflareR2, cloudflareToken, openaiAdminKey, openaiServiceAccount, sendgrid, typesense].map((provider) => [
    provider.id,
    provider,
  ]),
);
