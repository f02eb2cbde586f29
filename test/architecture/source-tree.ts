/** The tree as the tests of this folder see it: files, and what each of them imports. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync, type Module } from '@swc/core';

export const ROOT = resolve(import.meta.dirname, '..', '..');

export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  /** File within the repository, from its root; undefined for packages and Node's modules. */
  readonly target: string | undefined;
}

export interface SourceFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const FOLDERS = ['layers', 'services', 'functions', 'infra', 'local', 'test', 'bench', 'scripts'];
const NOT_OURS = /(^|\/)(node_modules|dist|cdk\.out|peers)\//;

/** Paths of all TypeScript sources. */
export const sourcePaths = (): readonly string[] =>
  FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }))
    .filter((path) => !NOT_OURS.test(path))
    .toSorted();

/** Reads and parses every source; throws on one that does not parse. */
export const readSources = (): readonly SourceFile[] =>
  sourcePaths().map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, imports: importsOf(path, text) };
  });

function importsOf(path: string, text: string): readonly Import[] {
  const module = parseSync(text, { syntax: 'typescript', target: 'es2024' });
  return [...staticImports(module), ...dynamicImports(text)].map(({ specifier, isTypeOnly }) => ({
    specifier,
    isTypeOnly,
    target: targetOf(path, specifier),
  }));
}

type Written = Omit<Import, 'target'>;

function staticImports(module: Module): readonly Written[] {
  return module.body.flatMap((node): Written[] => {
    switch (node.type) {
      case 'ImportDeclaration':
        return [{ specifier: node.source.value, isTypeOnly: node.typeOnly || areAllTypes(node.specifiers) }];
      case 'ExportAllDeclaration':
        return [{ specifier: node.source.value, isTypeOnly: false }];
      case 'ExportNamedDeclaration':
        return node.source === null || node.source === undefined
          ? []
          : [{ specifier: node.source.value, isTypeOnly: node.typeOnly || areAllTypes(node.specifiers) }];
      default:
        return [];
    }
  });
}

const areAllTypes = (specifiers: readonly object[]): boolean =>
  specifiers.length > 0 && specifiers.every((one) => 'isTypeOnly' in one && one.isTypeOnly === true);

/** `await import('…')` of a literal. */
const dynamicImports = (text: string): readonly Written[] =>
  [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([, specifier = '']) => ({ specifier, isTypeOnly: false }));

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return relative(ROOT, resolve(ROOT, dirname(from), specifier));
  const [, layer, door] = /^@perps\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
  if (layer === undefined || door === undefined) return undefined;
  const target = `layers/${layer}/src/${door}/index.ts`;
  if (!existsSync(join(ROOT, target))) throw new Error(`${from} imports ${specifier}, which does not exist`);
  return target;
}
