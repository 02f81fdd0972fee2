/** Features from left to right: left may import right, never back. */
const features = [
  'flow',
  'sessions',
  'bank-data',
  'consents',
  'institutions',
  'customers',
  'webhooks',
  'merchants',
];

const platform: Readonly<Record<string, readonly string[]>> = {
  'platform/http': ['platform/crypto', 'platform/telemetry'],
  'platform/idempotency': ['platform/postgres', 'platform/crypto', 'platform/telemetry'],
  'platform/jobs': ['platform/postgres', 'platform/telemetry'],
  'platform/postgres': ['platform/telemetry'],
  'platform/embedded-postgres': [],
  'platform/outbound': ['platform/telemetry'],
  'platform/crypto': ['platform/postgres'],
  'platform/telemetry': [],
};

/** The folder that a file of src belongs to, as the import rule counts them; undefined outside src. */
export function folderOf(file: string): string | undefined {
  const parts = file.split('/');
  if (parts[0] !== 'src') return undefined;
  if (parts.length === 2) return parts[1]?.replace(/\.tsx?$/, '');
  return parts[1] === 'platform' || parts[1] === 'connectors' ? `${parts[1]}/${parts[2]}` : parts[1];
}

/** Whether a file in `from` may import one in `to`: the whole rule of ARCHITECTURE.md, "Import direction". */
export function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  if (to === 'main') return false;
  if (from === 'main') return to === 'commands' || to === 'config' || to === 'core';
  if (from === 'commands') return true;
  if (to === 'commands') return false;
  if (from === 'sandbox-bank' || to === 'sandbox-bank') return false;
  if (from === 'app') return to !== 'config';
  if (to === 'app') return false;
  if (to === 'core') return true;
  if (from === 'config' || to === 'config' || from === 'core') return false;
  if (from.startsWith('platform/')) return platform[from]?.includes(to) ?? false;
  if (from === 'banking') return false;
  if (to === 'banking') return true;
  if (from.startsWith('connectors/')) return to === 'platform/outbound' || to === 'platform/crypto';
  if (to.startsWith('connectors/')) return false;
  return (
    to.startsWith('platform/') || (features.includes(from) && features.indexOf(from) < features.indexOf(to))
  );
}

/** Of another feature only its types and rules (`noun.ts`) and its use cases (`noun-service.ts`) may be imported. */
export function isPublicFile(file: string): boolean {
  const roles = /-(?:store|wire|routes|jobs|schema)\.tsx?$/;
  return !roles.test(file) && !file.includes('/views/') && !file.includes('/steps/');
}

export function isFeature(folder: string): boolean {
  return features.includes(folder);
}
