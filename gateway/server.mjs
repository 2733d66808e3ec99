// Serves one puppet (GATEWAY_PUPPET, the name of an installed npm module) to BotBay over gRPC. No discovery service.
import { mkdtempSync, readFileSync } from 'node:fs'
import { readdir, stat, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UniformResourceNameRegistry } from 'file-box'
import { MemoryCard } from 'memory-card'
import { PuppetServer } from 'wechaty-puppet-service'

const { GATEWAY_PUPPET, GATEWAY_TOKEN, GATEWAY_HOST = '127.0.0.1', GATEWAY_PORT = '8788', GATEWAY_MEMORY = 'gateway',
  GATEWAY_PUPPET_OPTIONS = '{}', GATEWAY_TLS_CERT, GATEWAY_TLS_KEY } = process.env
const quit = (reason) => { console.error(`gateway: ${reason}`); process.exit(1) }
if (!GATEWAY_PUPPET || !GATEWAY_TOKEN) quit('set GATEWAY_PUPPET and GATEWAY_TOKEN')
if (GATEWAY_TLS_CERT && !GATEWAY_TLS_KEY) quit('set GATEWAY_TLS_KEY too')

const module = await import(GATEWAY_PUPPET).catch((error) => quit(`npm install ${GATEWAY_PUPPET} first: ${error}`))
const Puppet = module.default.default ?? module.default // a CommonJS module hides its default export once more
const puppet = new Puppet(JSON.parse(GATEWAY_PUPPET_OPTIONS))
puppet.setMemory(new MemoryCard(GATEWAY_MEMORY)) // keeps the WeChat session over a restart

const tls = GATEWAY_TLS_CERT
  ? { serverCert: readFileSync(GATEWAY_TLS_CERT, 'utf8'), serverKey: readFileSync(GATEWAY_TLS_KEY, 'utf8') }
  : { disable: true }
const server = new PuppetServer({ endpoint: `${GATEWAY_HOST}:${GATEWAY_PORT}`, puppet, tls, token: GATEWAY_TOKEN })

// Media pass through this folder. Its own clean-up forgets most of them, so whatever is half an hour old goes here.
const storeDir = mkdtempSync(join(tmpdir(), 'gateway-media-'))
server.urnRegistry = new UniformResourceNameRegistry({ storeDir })
server.urnRegistry.init()
setInterval(async () => {
  for (const file of (await readdir(storeDir)).map((name) => join(storeDir, name))) {
    if ((await stat(file)).mtimeMs < Date.now() - 30 * 60_000) await unlink(file)
  }
}, 60_000)

process.on('unhandledRejection', (error) => console.error('gateway: unhandled rejection:', error))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await puppet.stop().catch(console.error)
    process.exit(0)
  })
}
await server.start().catch((error) => quit(`cannot listen on ${GATEWAY_HOST}:${GATEWAY_PORT}: ${error.message}`))
console.log(`gateway: ${GATEWAY_PUPPET} listens on ${GATEWAY_HOST}:${GATEWAY_PORT}`)
