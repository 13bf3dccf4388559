import type { ConsumerVersion } from '../../core/consumer.ts';
import type { Config } from './schema.ts';
import type { ServiceState } from './state.ts';

/** Why nothing can be proven by this service, or undefined. Pure. */
export function unfitnessOf(config: Config, service: ServiceState): string | undefined {
  const name = nameOf(config);
  if (service.status === 'MISSING') return `${name} does not exist; correct the inventory`;
  if (service.status !== 'ACTIVE')
    return `${name} is ${service.status}; remove it from the inventory if it is gone for good`;
  if (service.controller !== 'ECS') {
    return `${name} is deployed by ${service.controller}, which UpdateService cannot do; only the ECS deployment controller is supported`;
  }
  if (service.desiredCount === 0 && acceptedAtZero(config) === undefined) {
    return `${name} is scaled to zero, so that nothing proves the new version; scale it up, or state whenScaledToZero: { accept: '<reason>' }`;
  }
  return undefined;
}

function nameOf({ cluster, service }: Config): string {
  return `ECS service ${cluster}/${service}`;
}

/** The stated reason for taking zero tasks as proof. */
export function acceptedAtZero({ whenScaledToZero }: Config): string | undefined {
  return typeof whenScaledToZero === 'object' ? whenScaledToZero.accept : undefined;
}

/** A place in a task definition that takes a secret. */
export interface Injection {
  container: string;
  /** `SECRET-ARN[:json-key[:version-stage[:version-id]]]` */
  valueFrom: string;
}

/**
 * The injection that would not follow AWSCURRENT of the secret or of one of its views, in words, or undefined. Such a task gets the old
 * credential however often it is restarted. Pure.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
export function pinOf(
  config: Config,
  injections: readonly Injection[],
  { secretArn, views }: Pick<ConsumerVersion, 'secretArn' | 'views'>,
): string | undefined {
  const because = (what: string) =>
    `${nameOf(config)}: ${what}, so that no restart gives it the new one; name the secret without a version in the task definition`;
  for (const { container, valueFrom } of injections) {
    const parts = valueFrom.split(':');
    const [, stage = '', versionId = ''] = parts.slice(7);
    const [reference, name = ''] = [parts.slice(0, 7).join(':'), parts[6]];
    const view = views.find((one) => isNamed(name, one));
    if (!names(reference, secretArn) && view === undefined) continue;
    const what = view === undefined ? 'the secret' : `the view ${view}`;
    if (versionId !== '') return because(`container ${container} pins version ${versionId} of ${what}`);
    if (stage !== '' && stage !== 'AWSCURRENT')
      return because(`container ${container} takes the version of ${what} labelled ${stage}`);
  }
  return undefined;
}

/** ECS takes the ARN also without the hyphen and six characters that Secrets Manager appends. */
function names(reference: string, secretArn: string): boolean {
  return reference === secretArn || reference === secretArn.replace(/-[A-Za-z0-9]{6}$/, '');
}

/** Whether the last part of a secret's ARN, with or without those characters, is of the secret of this name. */
function isNamed(part: string, name: string): boolean {
  return part === name || (part.startsWith(`${name}-`) && /^[A-Za-z0-9]{6}$/.test(part.slice(name.length + 1)));
}
