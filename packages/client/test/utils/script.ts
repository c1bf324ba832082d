import type { HttpBody, HttpClientRequest } from "@effect/platform"
import { assert } from "@effect/vitest"
import * as Client from "./client.js"

/** A request that was sent. */
export interface Sent {
  /** The method and the path. */
  readonly route: string
  readonly body: any // Whatever a test sends.
}

/** Reads a request. */
export const sent = ({ body, method, url }: HttpClientRequest.HttpClientRequest): Sent => {
  const { pathname } = new URL(url)
  const bytes = body._tag === "Uint8Array" ? (body as HttpBody.Uint8Array).body : undefined
  return {
    route: `${method} ${pathname.replace(/^\/v1/, "")}`,
    body: bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes))
  }
}

/**
 * A transport in memory with expected requests: each request must be the next one, and receives its response. One without a
 * response never receives one.
 */
export const make = (...steps: ReadonlyArray<readonly [route: string, answer?: Response | object]>) => {
  const requests: Array<Sent> = []
  const transport = Client.fake((count, request) => {
    const one = sent(request)
    requests.push(one)
    const step = steps[count - 1]
    assert(step !== undefined, `nothing is written for ${one.route}`)
    assert.strictEqual(one.route, step[0])
    return step[1] instanceof Response || step[1] === undefined ? step[1] : Client.success(step[1])
  })
  return { requests, layer: transport.layer, routes: () => requests.map(({ route }) => route) }
}
