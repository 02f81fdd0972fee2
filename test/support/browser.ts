import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeEach, inject } from 'vitest';

export interface PageOptions {
  /** CSS pixels of the window. */
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
  /** As the browser announces it, such as `de-DE`. */
  readonly locale?: string;
}

export interface TestBrowser {
  /** A page with cookies of its own, as of another person; `page.context().newPage()` is the same person's next tab. */
  newPage(options?: PageOptions): Promise<Page>;
}

const launchLimitMs = 20_000;
const defaultLimitMs = 20_000;

/**
 * The browser of a test file: call it at the top of the file. It starts with the first page and is closed after the
 * last test. Whom a test has let in is gone after that test: a page that is left open goes on asking and painting.
 */
export function openBrowser(): TestBrowser {
  let launched: Promise<Browser> | undefined;
  const contexts: BrowserContext[] = [];
  const closeFrom = (first: number) => Promise.all(contexts.splice(first).map((context) => context.close()));
  let before = 0;
  beforeEach(() => {
    before = contexts.length;
  });
  afterEach(() => closeFrom(before));
  afterAll(async () => {
    await (await launched)?.close();
  });
  return {
    async newPage(options = {}) {
      launched ??= launch();
      const { width = 1280, height = 800, ...rest } = options;
      const context = await (await launched).newContext({ viewport: { width, height }, ...rest });
      contexts.push(context);
      context.setDefaultTimeout(defaultLimitMs);
      return context.newPage();
    },
  };
}

/**
 * The flags of @sparticuz/chromium are for its cloud (one process, no web security): none is taken over. On top of
 * Playwright's own, which turn background traffic off, these make every name but this machine's unknown.
 */
const flags = [
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost',
  '--font-render-hinting=none',
  '--disable-gpu',
];

async function launch(): Promise<Browser> {
  const installed = inject('installedChromium');
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: flags });
  const folder = await unpackedChromium();
  return chromium.launch({
    executablePath: path.join(folder, 'chromium'),
    args: flags,
    chromiumSandbox: false, // it needs rights that containers and root do not have; all pages are our own
    timeout: launchLimitMs,
    env: {
      LD_LIBRARY_PATH: path.join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: path.join(folder, 'fonts.conf'),
      HOME: folder,
      TZ: 'UTC',
    },
  });
}

/**
 * The folder with the unpacked browser, kept from run to run. Filled under another name: what bears its name is
 * whole, and of two files that unpack at once the later one finds it done.
 */
async function unpackedChromium(): Promise<string> {
  const root = path.join(path.dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..');
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = path.join(inject('testCacheFolder'), `chromium-${version}`);
  if (await isThere(folder)) return folder;
  const draft = `${folder}.new-${process.pid}`;
  await unpackInto(draft);
  await writeFile(path.join(draft, 'fonts.conf'), fontsConf(folder));
  await rename(draft, folder).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await isThere(folder))) throw error;
  });
  return folder;
}

/**
 * In a process of its own, because the package unpacks into the process's temporary folder, which on a shared
 * machine may hold another user's, and adds the libraries that bare machines lack only if it believes to be on AWS.
 */
async function unpackInto(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  const script = "await (await import('@sparticuz/chromium')).default.executablePath()";
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' },
  });
}

/** The package's own file names folders of its cloud. Only its font is used, so that pages look alike everywhere. */
function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>
`;
}

async function isThere(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined)) !== undefined;
}
