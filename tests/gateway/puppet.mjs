// A puppet whose WeChat is the test: wechaty-puppet-mock with payloads, media and events given over the control channel.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileBox } from 'file-box'
import { PuppetMock } from 'wechaty-puppet-mock'
import { serveControl } from './control.mjs'

export default class ControlledPuppet extends PuppetMock {
  #serial = 0

  constructor (options) {
    super(options)
    this.#forget()
    serveControl(this, Number(process.env.MOCK_CONTROL_PORT))
  }

  #forget () {
    this.contacts = new Map()
    this.rooms = new Map()
    this.messages = new Map()
    this.boxes = new Map() // message id -> () => FileBox
    this.extras = new Map() // message id -> { link, miniProgram, contactId }: what WeChat tells when asked
    this.friendships = new Map()
    this.invitations = new Map()
    this.sent = [] // what the bot sent: { id, conversationId, kind, text, mentionIds, name, size, sha256 }
    this.accepted = { friendships: [], invitations: [] }
    this.calls = { start: 0, stop: 0, logout: 0 }
    this.faults = {
      sendDelay: 0, refuseSend: '', echo: true, sendIds: true, dong: true, mediaGone: '', payloadDelay: 0,
      refuseStart: '',
    }
  }

  /** As if the process had just been started, for the next test. */
  async reset () {
    await super.logout()
    this.cache.clear()
    this.#forget()
  }

  nextId () { return `sent-${process.pid}-${++this.#serial}` }

  async start () {
    this.calls.start++
    if (this.faults.refuseStart) throw new Error(this.faults.refuseStart)
    return super.start()
  }

  async stop () { this.calls.stop++; return super.stop() }
  async logout (reason) { this.calls.logout++; return super.logout(reason) }
  async ding (data) {
    if (this.faults.dong) this.emit('dong', { data })
  }

  async contactRawPayload (id) { return found(this.contacts, id) }
  async roomRawPayload (id) { return found(this.rooms, id) }
  async roomMemberList (id) { return found(this.rooms, id).memberIdList }
  async roomMemberRawPayload (roomId, id) {
    const roomAlias = found(this.rooms, roomId).aliases[id] ?? ''
    return { id, name: this.contacts.get(id)?.name ?? '', roomAlias, avatar: '' }
  }

  async messageRawPayload (id) {
    await sleep(this.faults.payloadDelay)
    return found(this.messages, id)
  }

  async messageFile (id) {
    if (this.faults.mediaGone) throw new Error(this.faults.mediaGone)
    return found(this.boxes, id)()
  }

  async messageUrl (id) { return this.extras.get(id)?.link ?? super.messageUrl(id) }
  async messageMiniProgram (id) { return this.extras.get(id)?.miniProgram ?? super.messageMiniProgram(id) }
  async messageContact (id) { return this.extras.get(id)?.contactId ?? super.messageContact(id) }

  async friendshipRawPayload (id) { return found(this.friendships, id) }
  async friendshipAccept (id) {
    found(this.friendships, id)
    this.accepted.friendships.push(id)
  }

  async roomInvitationRawPayload (id) { return found(this.invitations, id) }
  async roomInvitationAccept (id) {
    found(this.invitations, id)
    this.accepted.invitations.push(id)
  }

  async messageSendText (conversationId, text, mentionIds) {
    return this.#send({ conversationId, kind: 'text', text, mentionIds: mentionIds ?? [] }, { type: 7, text })
  }

  async messageSendFile (conversationId, fileBox) {
    const hash = createHash('sha256')
    const chunks = []
    for await (const chunk of await fileBox.toStream()) {
      hash.update(chunk)
      chunks.push(chunk)
    }
    const bytes = Buffer.concat(chunks)
    const name = fileBox.name
    const type = /\.(png|jpe?g|gif)$/i.test(name) ? 6 : /\.mp4$/i.test(name) ? 15 : 1
    const entry = { conversationId, kind: 'file', name, size: bytes.length, sha256: hash.digest('hex') }
    return this.#send(entry, { type, filename: name }, () => FileBox.fromBuffer(bytes, name))
  }

  async #send (entry, payload, box) {
    if (!this.isLoggedIn) throw new Error('not logged in')
    if (this.faults.refuseSend) throw new Error(this.faults.refuseSend)
    const id = this.nextId()
    this.sent.push({ id, ...entry })
    const { conversationId } = entry
    const inRoom = this.rooms.has(conversationId)
    const to = { roomId: inRoom ? conversationId : '', listenerId: inRoom ? '' : conversationId }
    if (this.faults.echo) this.hear({ id, talkerId: this.currentUserId, ...to, ...payload }, box)
    await sleep(this.faults.sendDelay)
    return this.faults.sendIds ? id : undefined
  }

  /** A message reaches the account: kept, then told. */
  hear (payload, box, extra) {
    if (extra) this.extras.set(payload.id, extra)
    this.messages.set(payload.id, { mentionIdList: [], text: '', filename: '', timestamp: Date.now(), ...payload })
    if (box) this.boxes.set(payload.id, box)
    this.emit('message', { messageId: payload.id })
  }
}

function found (map, id) {
  if (!map.has(id)) throw new Error(`not found: ${id}`)
  return map.get(id)
}
