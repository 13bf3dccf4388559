/**
 * A Stryker plugin: which code is not mutated. Texts that only people read (an error's message, a gate's reason) may be
 * worded otherwise and nothing decides on them; what a program reads (labels, ops, statements, codes) is mutated like all code.
 */
interface Node {
  type: string;
  callee?: { name?: string };
  arguments?: unknown[];
  key?: { name?: string };
  value?: unknown;
}

interface Place {
  node: Node;
  parent: Node | undefined;
}

const properties = new Set(['reason', 'detail', 'why']);
const texts = new Set(['StringLiteral', 'TemplateLiteral']);

function isMessage({ node, parent }: Place): boolean {
  if (parent?.type === 'NewExpression' && parent.callee?.name === 'KeyturnError') return parent.arguments?.[1] === node;
  if (parent?.type === 'CallExpression' && parent.callee?.name === 'refuse') return parent.arguments?.[0] === node;
  if (parent?.type === 'ObjectProperty' && properties.has(parent.key?.name ?? ''))
    return parent.value === node && texts.has(node.type);
  return false;
}

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'messages',
    value: {
      shouldIgnore: (place: Place) => (isMessage(place) ? 'a text that only people read' : undefined),
    },
  },
];
