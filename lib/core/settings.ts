import * as z from 'zod/mini';
import { KeyturnError } from './errors.ts';

/** The SSM parameter by which an operator's tools find what the app deployed. */
export const settingsParameter = '/keyturn/settings';

export const Settings = z.object({ rolloutMachineArn: z.string(), evidenceBucket: z.string() });
export type Settings = z.infer<typeof Settings>;

/** @throws InventoryUnreadable when the text is not the settings of this release. */
export function parseSettings(text: string): Settings {
  try {
    return Settings.parse(JSON.parse(text));
  } catch (cause) {
    throw new KeyturnError(
      'InventoryUnreadable',
      `${settingsParameter} is not readable by this release: deploy the app again, or use the release that is deployed`,
      { cause },
    );
  }
}
