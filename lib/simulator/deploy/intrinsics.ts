/** What a template's functions refer to. */
export interface References {
  /** A parameter, pseudo parameter or resource. */
  ref(name: string): Promise<unknown>;
  attribute(logicalId: string, attribute: string): Promise<unknown>;
  condition(name: string): Promise<boolean>;
  imported(exportName: string): unknown;
  outputOf(stackName: string, outputName: string): unknown;
}

/** The value of AWS::NoValue: the property is left out. */
export const noValue = Symbol('AWS::NoValue');

type Evaluate = (argument: unknown, references: References) => Promise<unknown>;

/** A template's value with its intrinsic functions evaluated. @throws Error for a function that is not known. */
export async function evaluate(value: unknown, references: References): Promise<unknown> {
  if (typeof value === 'string') return refuseDynamic(value);
  if (Array.isArray(value)) {
    // One after the other: what is being made is then a path, on which a circle shows.
    const items: unknown[] = [];
    for (const item of value) {
      const result = await evaluate(item, references);
      if (result !== noValue) items.push(result);
    }
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = [undefined, undefined]] = entries;
  if (entries.length === 1 && name !== undefined && isIntrinsic(name, argument)) {
    const intrinsic = intrinsics[name];
    if (intrinsic === undefined) throw new Error(`${name} is not simulated`);
    const result = await intrinsic(argument, references);
    return typeof result === 'string' ? refuseDynamic(result) : result;
  }
  const evaluated: Record<string, unknown> = {};
  for (const [key, member] of entries) {
    const result = await evaluate(member, references);
    if (result !== noValue) evaluated[key] = result;
  }
  return evaluated;
}

/** `Condition` is a function only in conditions, where it names one; in policies it is a field like others. */
function isIntrinsic(name: string, argument: unknown): boolean {
  return name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof argument === 'string');
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const intrinsics: Readonly<Record<string, Evaluate>> = {
  Ref: (name, references) => references.ref(String(name)),
  Condition: (name, references) => references.condition(String(name)),
  'Fn::GetAtt': (argument, references) => {
    const text = Array.isArray(argument) ? argument.join('.') : String(argument);
    const [logicalId = '', attribute = ''] = splitOnce(text, '.');
    return references.attribute(logicalId, attribute);
  },
  'Fn::Join': async (argument, references) => {
    const [separator, list] = (await evaluate(argument, references)) as [string, unknown[]];
    return list.join(separator);
  },
  'Fn::Split': async (argument, references) => {
    const [separator, text] = (await evaluate(argument, references)) as [string, string];
    return text.split(separator);
  },
  'Fn::Select': async (argument, references) => {
    const [index, list] = (await evaluate(argument, references)) as [number | string, unknown[]];
    if (!(Number(index) in list)) throw new Error(`Fn::Select: there is no item ${index}`);
    return list[Number(index)];
  },
  'Fn::Sub': substitute,
  'Fn::If': async (argument, references) => {
    const [condition, yes, no] = argument as [string, unknown, unknown];
    return evaluate((await references.condition(condition)) ? yes : no, references);
  },
  'Fn::Equals': async (argument, references) => {
    const [left, right] = (await evaluate(argument, references)) as [unknown, unknown];
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::Not': async (argument, references) => !((await evaluate(argument, references)) as [boolean])[0],
  'Fn::And': async (argument, references) => ((await evaluate(argument, references)) as boolean[]).every(Boolean),
  'Fn::Or': async (argument, references) => ((await evaluate(argument, references)) as boolean[]).some(Boolean),
  'Fn::ImportValue': async (argument, references) => references.imported(String(await evaluate(argument, references))),
  'Fn::GetStackOutput': async (argument, references) => {
    const { StackName, OutputName } = (await evaluate(argument, references)) as Record<string, string>;
    return references.outputOf(String(StackName), String(OutputName));
  },
  'Fn::Base64': async (argument, references) =>
    Buffer.from(String(await evaluate(argument, references))).toString('base64'),
};

async function substitute(argument: unknown, references: References): Promise<string> {
  const [text, own] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Record<string, unknown>];
  const parts: string[] = [];
  let rest = 0;
  for (const match of text.matchAll(/\$\{(!?)([^}]+)\}/g)) {
    const [whole, literal, name = ''] = match;
    parts.push(text.slice(rest, match.index));
    rest = match.index + whole.length;
    if (literal === '!') parts.push(`\${${name}}`);
    else if (Object.hasOwn(own, name)) parts.push(String(await evaluate(own[name], references)));
    else if (name.includes('.')) parts.push(String(await references.attribute(...splitOnce(name, '.'))));
    else parts.push(String(await references.ref(name)));
  }
  return parts.join('') + text.slice(rest);
}

function refuseDynamic(text: string): string {
  if (text.includes('{{resolve:')) {
    throw new Error(
      'Dynamic references ({{resolve:…}}) are not simulated: they would put a value into the template’s resources',
    );
  }
  return text;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
