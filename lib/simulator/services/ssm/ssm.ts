import { AwsError, type Need, type Operation, type Service } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';
import { type Parameter, ParameterStore } from './parameter-store.ts';
import { RunCommand, type RunCommandOptions } from './run-command.ts';

interface NameInput {
  Name: string;
}

interface PathInput {
  Path: string;
  Recursive?: boolean;
  MaxResults?: number;
  NextToken?: string;
}

interface PutInput extends NameInput {
  Value: string;
  Type?: string;
  Overwrite?: boolean;
  Description?: string;
  Tier?: string;
  Tags?: { Key: string; Value: string }[];
}

/** "The maximum number of items to return for this call": also the default. */
const PAGE = 10;

/** Systems Manager's Parameter Store and Run Command. https://docs.aws.amazon.com/systems-manager/latest/APIReference/ */
export class Ssm implements Service {
  readonly name = 'ssm';
  readonly operations: Service['operations'];
  readonly parameters: ParameterStore;
  readonly runCommand: RunCommand;
  private readonly world: SimulatedWorld;

  constructor(world: SimulatedWorld, options: RunCommandOptions = {}) {
    this.world = world;
    this.parameters = new ParameterStore(world);
    this.runCommand = new RunCommand(world, options);
    this.operations = {
      ...this.runCommand.operations,
      GetParameter: this.getParameter(),
      GetParameters: this.getParameters(),
      GetParametersByPath: this.getParametersByPath(),
      PutParameter: this.putParameter(),
      DeleteParameter: this.deleteParameter(),
    };
  }

  /** Creates or overwrites, asking for no permission. @throws AwsError ValidationException over 4 KB. */
  put(name: string, value: string, type: Parameter['type'] = 'String'): void {
    this.parameters.put({ name, value, type, overwrite: true });
  }

  /** @throws AwsError ParameterNotFound */
  get(name: string): string {
    return this.parameters.get(name).value;
  }

  delete(name: string): void {
    this.parameters.delete(name);
  }

  private need(action: string, name: string): Need {
    const { region, accountId } = this.world;
    const prefix = `arn:aws:ssm:${region}:${accountId}:parameter/`;
    const resource = name.startsWith('arn:') ? name : prefix + name.replace(/^\//, '');
    const tags = this.parameters.lookup(name)?.tags ?? new Map<string, string>();
    const context = Object.fromEntries([...tags].map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
    return { action: `ssm:${action}`, resource, context };
  }

  private getParameter(): Operation<NameInput> {
    return {
      needs: ({ Name: name }) => [this.need('GetParameter', name)],
      run: ({ Name: name }) => ({ Parameter: this.render(this.parameters.get(name)) }),
    };
  }

  private getParameters(): Operation<{ Names: string[] }> {
    return {
      needs: ({ Names: names }) => names.map((name) => this.need('GetParameters', name)),
      run: ({ Names: names }) => {
        if (names.length > PAGE) throw tooMany('names', PAGE);
        const found = names.flatMap((name) => this.parameters.lookup(name) ?? []);
        return {
          Parameters: found.map((parameter) => this.render(parameter)),
          InvalidParameters: names.filter((name) => !this.parameters.lookup(name)),
        };
      },
    };
  }

  private getParametersByPath(): Operation<PathInput> {
    return {
      needs: ({ Path: path, Recursive: recursive = false }) => [
        { ...this.need('GetParametersByPath', path), context: { 'ssm:Recursive': String(recursive) } },
      ],
      run: ({ Path: path, Recursive: recursive = false, MaxResults: size = PAGE, NextToken: token = '0' }) => {
        if (!path.startsWith('/')) {
          throw new AwsError('ValidationException', 'The parameter path must begin with a slash.');
        }
        if (size > PAGE) throw tooMany('maxResults', PAGE);
        const found = this.parameters.below(path, recursive);
        const from = Number(token);
        return {
          Parameters: found.slice(from, from + size).map((parameter) => this.render(parameter)),
          NextToken: from + size < found.length ? String(from + size) : undefined,
        };
      },
    };
  }

  private putParameter(): Operation<PutInput> {
    return {
      needs: (input) => [
        {
          ...this.need('PutParameter', input.Name),
          context: { 'ssm:Overwrite': String(input.Overwrite ?? false) },
        },
      ],
      run: (input) => {
        const parameter = this.parameters.put({
          name: input.Name,
          value: input.Value,
          type: input.Type ?? this.parameters.lookup(input.Name)?.type ?? 'String',
          overwrite: input.Overwrite ?? false,
          advanced: input.Tier === 'Advanced',
          tags: Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
        });
        return { Version: parameter.version, Tier: input.Tier ?? 'Standard' };
      },
    };
  }

  private deleteParameter(): Operation<NameInput> {
    return {
      needs: ({ Name: name }) => [this.need('DeleteParameter', name)],
      run: ({ Name: name }) => {
        this.parameters.delete(name);
        return {};
      },
    };
  }

  private render(parameter: Parameter) {
    return {
      Name: parameter.name,
      Type: parameter.type,
      Value: parameter.value,
      Version: parameter.version,
      LastModifiedDate: new Date(parameter.changedAtMs),
      ARN: this.need('GetParameter', parameter.name).resource,
      DataType: 'text',
    };
  }
}

function tooMany(member: string, most: number): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must be at most ${most}`,
  );
}
