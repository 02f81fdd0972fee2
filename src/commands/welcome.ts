export interface Welcome {
  readonly publicUrl: string;
  readonly bankUrl: string;
  readonly exampleUrl: string;
  readonly key: string;
  readonly dataDir: string;
  /** The master key was made by us and lies in the data folder. */
  readonly generatedKey: boolean;
}

/** What a newcomer reads when everything runs: where to click, and a line to paste. */
export function welcome({ publicUrl, bankUrl, exampleUrl, key, dataDir, generatedKey }: Welcome): string {
  const lines = [
    '',
    '  Trellis is ready.',
    '',
    `  Example shop   ${exampleUrl}   (start here)`,
    `  API and flow   ${publicUrl}`,
    `  Sandbox bank   ${bankUrl}`,
    `  Sandbox key    ${key}`,
    '',
    '  Create a session, and open the redirectUrl of the answer in your browser:',
    '',
    `  curl -s ${publicUrl}/data/session/create -H 'X-Ivy-Api-Key: ${key}' -H 'Content-Type: application/json' \\`,
    `    -d '{"referenceId":"'$(date +%s)'","permissions":["identity"],"returnUrl":"https://example.com/callback/result"}'`,
    '',
    '  Ctrl-C ends everything; the next start goes on with the same data and key.',
  ];
  if (generatedKey) {
    lines.push(
      `  Warning: the encryption key was generated and lies in ${dataDir}/master-key. Good for trying out;`,
      '  for real bank data set TRELLIS_MASTER_KEY and keep it apart from the database.',
    );
  }
  return `${lines.join('\n')}\n`;
}
