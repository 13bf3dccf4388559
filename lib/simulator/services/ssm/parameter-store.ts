import { AwsError, type World } from '../../types.ts';

export interface Parameter {
  name: string;
  /** `String`, `StringList` or `SecureString`. */
  type: string;
  value: string;
  /** From 1, one more with every overwriting. */
  version: number;
  changedAtMs: number;
  tags: Map<string, string>;
}

export interface ParameterInput {
  name: string;
  value: string;
  type: string;
  overwrite: boolean;
  /** Default false: the standard tier. */
  advanced?: boolean;
  tags?: Readonly<Record<string, string>>;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const STANDARD_BYTES = 4_096;
const ADVANCED_BYTES = 8_192;

export class ParameterStore {
  private readonly world: World;
  private readonly parameters = new Map<string, Parameter>();

  constructor(world: World) {
    this.world = world;
  }

  all(): Parameter[] {
    return [...this.parameters.values()];
  }

  /** By name or ARN. */
  lookup(name: string): Parameter | undefined {
    const known = this.parameters.get(name);
    if (known || !name.startsWith('arn:')) return known;
    const path = name.slice(name.indexOf(':parameter/') + ':parameter/'.length);
    return this.parameters.get(`/${path}`) ?? this.parameters.get(path);
  }

  get(name: string): Parameter {
    const parameter = this.lookup(name);
    if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
    return parameter;
  }

  /** Parameters of a hierarchy, by name; one level of it unless recursive. */
  below(path: string, recursive: boolean): Parameter[] {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    return this.all()
      .filter(({ name }) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  put({ name, value, type, overwrite, advanced = false, tags = {} }: ParameterInput): Parameter {
    const known = this.parameters.get(name);
    if (known && !overwrite) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    if (!/^[A-Za-z0-9_.\-/]+$/.test(name) || (name.includes('/') && !name.startsWith('/'))) {
      throw new AwsError('ValidationException', `Parameter name: ${name} is not a fully qualified name.`);
    }
    const tier = advanced ? 'Advanced' : 'Standard';
    const most = advanced ? ADVANCED_BYTES : STANDARD_BYTES;
    if (Buffer.byteLength(value) > most || value === '') {
      throw new AwsError(
        'ValidationException',
        `${tier} tier parameters support a maximum parameter value of ${most} characters.`,
      );
    }
    const parameter: Parameter = {
      name,
      type,
      value,
      version: (known?.version ?? 0) + 1,
      changedAtMs: this.world.nowMs(),
      tags: known?.tags ?? new Map(Object.entries(tags)),
    };
    this.parameters.set(name, parameter);
    return parameter;
  }

  delete(name: string): void {
    this.parameters.delete(this.get(name).name);
  }
}
