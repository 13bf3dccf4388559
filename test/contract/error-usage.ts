import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { type ErrorCode, errorCodes } from '../../lib/core/errors.ts';

/** Source files below some folders, parsed; paths from the project's root. */
export function parseAll(folders: readonly string[], isWanted: (file: string) => boolean): ts.SourceFile[] {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return files
    .filter((file) => file.endsWith('.ts') && isWanted(file))
    .map((file) => parse(file, readFileSync(file, 'utf8')));
}

export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** Every string literal that is an error code. */
function codesIn(root: ts.Node): { code: ErrorCode; at: ts.Node }[] {
  const found: { code: ErrorCode; at: ts.Node }[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isStringLiteralLike(node)) {
      const code = errorCodes.find((known) => known === node.text);
      if (code !== undefined) found.push({ code, at: node });
    }
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

/** Codes that the file itself makes errors of: `new KeyturnError('X', …)`. */
export function codesMadeIn(file: ts.SourceFile): Set<ErrorCode> {
  const made = codesIn(file).filter(({ at }) => ts.isNewExpression(at.parent) && at.parent.arguments?.[0] === at);
  return new Set(made.map(({ code }) => code));
}

/**
 * Codes that a test file expects of the product: in the arguments of a matcher of `expect(…)` that is not negated, alone,
 * in a list, or as `code` or `error`; or as the first argument of `failure(…)`, the suites' own way to expect one.
 */
export function codesExpectedIn(file: ts.SourceFile): Set<ErrorCode> {
  return new Set(codesIn(file).flatMap(({ code, at }) => (isExpected(at) ? [code] : [])));
}

function isExpected(literal: ts.Node): boolean {
  for (let node = literal; !ts.isSourceFile(node); node = node.parent) {
    const { parent } = node;
    if (ts.isPropertyAssignment(parent)) {
      if (parent.initializer !== node || !['code', 'error'].includes(parent.name.getText())) return false;
    } else if (ts.isCallExpression(parent)) {
      if (parent.expression === node) return false;
      if (isMatcher(parent)) return true;
      if (/(^|\.)failure$/.test(parent.expression.getText())) return parent.arguments[0] === node;
      // expect.objectContaining({ code: 'X' }) inside of a matcher.
      if (!/^expect\.(objectContaining|arrayContaining)$/.test(parent.expression.getText())) return false;
    } else if (!ts.isObjectLiteralExpression(parent) && !ts.isArrayLiteralExpression(parent)) {
      return false;
    }
  }
  return false;
}

/** `expect(x).resolves.toEqual(…)`; not `expect(x).not.toEqual(…)`, nor `expect(…)` itself. */
function isMatcher(call: ts.CallExpression): boolean {
  let { expression } = call;
  if (!ts.isPropertyAccessExpression(expression)) return false;
  for (; ts.isPropertyAccessExpression(expression); expression = expression.expression) {
    if (expression.name.text === 'not') return false;
  }
  return ts.isCallExpression(expression) && expression.expression.getText() === 'expect';
}

/** The files of the project that a file imports, itself included, as far as `known` knows them. */
export function closureOf(file: ts.SourceFile, known: ReadonlyMap<string, ts.SourceFile>): Set<ts.SourceFile> {
  const closure = new Set<ts.SourceFile>();
  const visit = (each: ts.SourceFile) => {
    if (closure.has(each)) return;
    closure.add(each);
    for (const statement of each.statements) {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
      const from = statement.moduleSpecifier;
      const target = from && ts.isStringLiteral(from) && known.get(resolve(dirname(each.fileName), from.text));
      if (target) visit(target);
    }
  };
  visit(file);
  return closure;
}

/**
 * Codes that a module of the product can end with: literals in value positions. A code that is merely compared with, or
 * that a state catches, is not one.
 */
export function codesThrownIn(file: ts.SourceFile): Set<ErrorCode> {
  return new Set(codesIn(file).flatMap(({ code, at }) => (isThrown(at) ? [code] : [])));
}

function isThrown(literal: ts.Node): boolean {
  const { parent } = literal;
  if (ts.isLiteralTypeNode(parent) || ts.isCaseClause(parent) || ts.isModuleDeclaration(parent)) return false;
  if (ts.isBinaryExpression(parent)) return !/^[!=]==?$/.test(parent.operatorToken.getText());
  for (let node = parent; !ts.isStatement(node) && !ts.isSourceFile(node); node = node.parent) {
    if (ts.isPropertyAssignment(node) && /^(errors|ErrorEquals)$/.test(node.name.getText())) return false;
    if (ts.isCallExpression(node) && /\.(includes|has)$/.test(node.expression.getText())) return false;
  }
  return true;
}
