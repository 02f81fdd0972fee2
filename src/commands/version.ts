import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './database.ts';

/** The version in package.json. */
export const version = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
