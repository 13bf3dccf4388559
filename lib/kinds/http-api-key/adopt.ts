import type { Adoption } from '../../core/adoption.ts';
import type { SecretValue } from '../../core/secret-value.ts';

/** `SG.<id>.<secret>`: https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys */
const SENDGRID = /^SG\.([\w-]{16,32})\.[\w-]{32,64}$/;

/** A bare key of a preset whose keys tell their own id. */
export function adopt(value: SecretValue): Adoption | undefined {
  const text = value.map((whole) => whole.trim());
  const id = text.parse((key) => SENDGRID.exec(key)?.[1]);
  if (id === undefined) return undefined;
  return {
    what: `a bare API key of sendgrid: ${id}`,
    target: {
      provider: 'sendgrid',
      adminSecret: '<the admin secret>',
      parameters: { scopes: ['mail.send'] },
      noLastUse: '<why the old key may die although nobody can tell whether it is used>',
    },
    source: {
      value: text.map((key) => JSON.stringify({ provider: 'sendgrid', id, value: key })),
      name: 'sendgrid',
      view: '{value}',
    },
    notes: [
      'scopes: those that the application needs; a key without any has full access',
      'adminSecret: make a key that may do what is below, and a secret with it',
    ],
    needs: [
      'an admin key with the scopes api_keys.create, api_keys.read and api_keys.delete, and those that it is to grant',
    ],
  };
}
