import type { FastifyReply, FastifyRequest } from 'fastify';
import { mediaTypeOf } from '../institutions/logo.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { acceptedEncoding, compress, type Encoding } from './compression.ts';
import type { FlowDeps } from './flow.ts';
import { type Asset, assets } from './views/assets.ts';
import { accentStylesheet } from './views/theme-css.ts';

const immutable = 'public, max-age=31536000, immutable';

interface PackedAsset {
  readonly contentType: string;
  readonly bodies: Readonly<Record<Encoding | 'identity', Buffer>>;
}

/** The few files that pages link to. Their paths change with their bytes, so they are compressed once and cached for good. */
export async function assetRoutes(
  flow: HttpServer,
  { institutions }: Pick<FlowDeps, 'institutions'>,
): Promise<void> {
  const packed = new Map<string, PackedAsset>();
  for (const asset of assets) packed.set(nameOf(asset.path), await pack(asset));
  flow.get<{ Params: { name: string } }>('/assets/:name', async (request, reply) => {
    const { name } = request.params;
    const asset = packed.get(name) ?? (await accentAsset(name));
    if (asset) return sendAsset(request, reply, asset);
    reply.callNotFound();
    return reply;
  });
  flow.get<{ Params: { name: string } }>('/assets/logos/:name', async (request, reply) => {
    const { name } = request.params;
    const type = mediaTypeOf(name);
    const bytes = type && (await institutions.logo(name));
    if (bytes) return reply.headers(logoHeaders).type(type).send(bytes);
    reply.callNotFound();
    return reply;
  });
}

/** Merchants' pages may show it too. Opened by itself, an SVG runs and loads nothing. */
const logoHeaders = {
  'cache-control': immutable,
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
};

/** A merchant's colour as a stylesheet; the colour is in the name. */
async function accentAsset(name: string): Promise<PackedAsset | undefined> {
  const hex = /^accent-([0-9a-f]{6})\.css$/.exec(name)?.[1];
  if (hex === undefined) return undefined;
  const body = Buffer.from(accentStylesheet(`#${hex}`));
  const bodies = {
    identity: body,
    br: await compress(body, 'br', 'page'),
    gzip: await compress(body, 'gzip', 'page'),
  };
  return { contentType: 'text/css; charset=utf-8', bodies };
}

async function pack({ contentType, body }: Asset): Promise<PackedAsset> {
  const identity = Buffer.from(body);
  const [br, gzip] = await Promise.all([
    compress(identity, 'br', 'file'),
    compress(identity, 'gzip', 'file'),
  ]);
  return { contentType, bodies: { identity, br, gzip } };
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: PackedAsset): FastifyReply {
  const encoding = acceptedEncoding(request.headers['accept-encoding']);
  if (encoding) reply.header('content-encoding', encoding);
  return reply
    .header('cache-control', immutable)
    .header('vary', 'accept-encoding')
    .type(asset.contentType)
    .send(asset.bodies[encoding ?? 'identity']);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
