import type { Mistake } from '../mistake.ts';

/**
 * What CreateSecret takes as a name; undefined when it does.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
 */
export function nameMistake(name: string): Pick<Mistake, 'what' | 'remedy'> | undefined {
  if (name.startsWith('arn:')) {
    return {
      what: 'it is named by an ARN',
      remedy: 'Use the name: the part after ":secret:", without the last hyphen and six characters',
    };
  }
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
    return { what: 'Secrets Manager takes no such name', remedy: 'Use up to 512 letters, digits and / _ + = . @ -' };
  }
  // https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html: at most 15 levels.
  if (name.split('/').length > 13) {
    return {
      what: 'its name has more than 13 levels',
      remedy: 'SSM takes 15, of which two are keyturn/secrets: use fewer slashes',
    };
  }
  return undefined;
}
