export interface Settings {
  readonly port: number;
  /** The address of this shop, as browsers and Trellis reach it. */
  readonly url: string;
  readonly trellisUrl: string;
  readonly apiKey: string;
  /** One, or two while the secret is being rotated (separated by a comma). */
  readonly webhookSecrets: readonly string[];
}

/** What a person can mend: said in one sentence, without a stack. */
export class Problem extends Error {}

/**
 * Key and secret come from the environment, never from the code, and never reach a browser.
 * @throws Problem that names all that is missing
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { TRELLIS_API_KEY: apiKey = '', TRELLIS_WEBHOOK_SECRET: secrets = '' } = env;
  const port = Number(env.EXAMPLE_PORT ?? 3002);
  const trellisUrl = env.TRELLIS_URL ?? 'http://localhost:3000';
  const problems = [
    Number.isInteger(port) && port > 0 && port < 65_536 ? '' : 'EXAMPLE_PORT must be a port, such as 3002.',
    /^https?:$/.test(URL.parse(trellisUrl)?.protocol ?? '') ? '' : 'TRELLIS_URL must be an http(s) address.',
    apiKey === '' ? 'TRELLIS_API_KEY must be set.' : '',
    secrets === '' ? 'TRELLIS_WEBHOOK_SECRET must be set.' : '',
  ].filter((problem) => problem !== '');
  if (problems.length > 0) throw new Problem(problems.join('\n'));
  return {
    port,
    url: `http://localhost:${port}`,
    trellisUrl: trellisUrl.replace(/\/+$/, ''),
    apiKey,
    webhookSecrets: secrets.split(',').map((secret) => secret.trim()),
  };
}
