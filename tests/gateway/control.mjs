// The control channel: POST /<command> with a JSON body on loopback; the answer is JSON. Python's side is gateway_fixture.py.
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { FileBox } from 'file-box'

export function serveControl (puppet, port) {
  process.stdin.resume().on('end', () => process.exit()) // the test process is gone
  createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    try {
      const command = commands[request.url.slice(1)]
      if (!command) throw new Error(`no such command: ${request.url}`)
      const answer = await command(puppet, JSON.parse(Buffer.concat(chunks).toString() || '{}'))
      response.end(JSON.stringify(answer ?? null))
    } catch (error) {
      response.statusCode = 400
      response.end(JSON.stringify({ error: String(error) }))
    }
  }).listen(port, '127.0.0.1')
}

const commands = {
  state: (puppet) => ({
    started: puppet.state.active() === true,
    userId: puppet.isLoggedIn ? puppet.currentUserId : null,
    sent: puppet.sent,
    accepted: puppet.accepted,
    calls: puppet.calls,
  }),
  reset: (puppet) => puppet.reset(),
  faults: (puppet, change) => { Object.assign(puppet.faults, change) },

  scan: (puppet, { qrcode, status }) => { puppet.emit('scan', { qrcode, status }) },
  login: (puppet, { id }) => { puppet.login(id) },
  logout: (puppet, { reason }) => puppet.logout(reason),
  error: (puppet, { data }) => { puppet.emit('error', { data, gerror: data }) },
  heartbeat: (puppet, { data }) => { puppet.emit('heartbeat', { data }) },

  contact: (puppet, { id, name, alias, friend }) => {
    puppet.contacts.set(id, { id, name, alias, friend, avatar: '', gender: 0, type: 1, phone: [] })
    puppet.dirtyPayload(2, id)
  },
  // Deliberately says nothing to the payload cache: a driver that wants it fresh has to ask for that.
  room: (puppet, { id, topic, ownerId, members }) => {
    puppet.rooms.set(id, {
      id, topic, ownerId, adminIdList: [], avatar: '', memberIdList: Object.keys(members), aliases: members,
    })
  },
  topic: (puppet, { roomId, newTopic, changerId, timestamp }) => {
    const room = puppet.rooms.get(roomId)
    const oldTopic = room.topic
    puppet.rooms.set(roomId, { ...room, topic: newTopic })
    puppet.emit('room-topic', { roomId, newTopic, oldTopic, changerId, timestamp })
  },
  message: (puppet, { payload, file, extra }) => {
    puppet.hear(payload, file && (() => box(file)), extra)
  },
  tell: (puppet, { event, payload }) => { puppet.emit(event, payload) },
  friendship: (puppet, payload) => {
    puppet.friendships.set(payload.id, payload)
    puppet.emit('friendship', { friendshipId: payload.id })
  },
  invitation: (puppet, payload) => {
    puppet.invitations.set(payload.id, {
      avatar: '', invitation: '', memberCount: 0, memberIdList: [], timestamp: Date.now(), receiverId: '', ...payload,
    })
    puppet.emit('room-invite', { roomInvitationId: payload.id })
  },
}

function box ({ path, name, url, form }) {
  if (form === 'url') return FileBox.fromUrl(url, { name })
  if (form === 'stream') return FileBox.fromStream(createReadStream(path), name)
  return FileBox.fromFile(path, name)
}
