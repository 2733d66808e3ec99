// Serves one puppet (GATEWAY_PUPPET, the name of an installed npm module) to BotBay over gRPC. No discovery service.
import { readFileSync } from 'node:fs'
import { MemoryCard } from 'memory-card'
import { PuppetServer } from 'wechaty-puppet-service'

const { GATEWAY_PUPPET, GATEWAY_TOKEN, GATEWAY_HOST = '127.0.0.1', GATEWAY_PORT = '8788', GATEWAY_MEMORY = 'gateway',
  GATEWAY_PUPPET_OPTIONS = '{}', GATEWAY_TLS_CERT, GATEWAY_TLS_KEY } = process.env
if (!GATEWAY_PUPPET || !GATEWAY_TOKEN) throw new Error('set GATEWAY_PUPPET and GATEWAY_TOKEN')

const module = await import(GATEWAY_PUPPET)
const Puppet = module.default.default ?? module.default // a CommonJS module hides its default export once more
const puppet = new Puppet(JSON.parse(GATEWAY_PUPPET_OPTIONS))
puppet.setMemory(new MemoryCard(GATEWAY_MEMORY)) // keeps the WeChat session over a restart

const tls = GATEWAY_TLS_CERT
  ? { serverCert: readFileSync(GATEWAY_TLS_CERT, 'utf8'), serverKey: readFileSync(GATEWAY_TLS_KEY, 'utf8') }
  : { disable: true }
const server = new PuppetServer({ endpoint: `${GATEWAY_HOST}:${GATEWAY_PORT}`, puppet, tls, token: GATEWAY_TOKEN })

process.on('unhandledRejection', (error) => console.error('gateway: unhandled rejection:', error))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await puppet.stop().catch(console.error)
    process.exit(0)
  })
}
await server.start()
console.log(`gateway: ${GATEWAY_PUPPET} listens on ${GATEWAY_HOST}:${GATEWAY_PORT}`)
