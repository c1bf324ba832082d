import { ServerError } from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as Png from "./png.js"

// Images by URL. A URL has all that its image is made from, and so remains valid when the emulator restarts.

const prefix = "/_emulator/images/"

/** How long a URL is valid, in milliseconds. */
const lifetime = 3_600_000

/** What an image is made from. */
export interface Source {
  /** Hexadecimal. */
  readonly digest: string
  readonly width: number
  readonly height: number
}

export const digestOf = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const digest = createHash("sha256")
  for (const part of parts) digest.update(part).update("\0")
  return digest.digest("hex").slice(0, 24)
}

export const encode = ({ digest, ...size }: Source): Uint8Array => {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((offset) => parseInt(digest.slice(offset, offset + 2), 16))
  return Png.encode({ ...size, color: [red, green, blue] })
}

/** The origin under which a caller reaches the emulator. */
const originOf = ({ headers, originalUrl }: HttpServerRequest.HttpServerRequest): string => {
  if (/^https?:/i.test(originalUrl)) return new URL(originalUrl).origin
  const { host = "127.0.0.1", "x-forwarded-proto": protocol = "http" } = headers
  return `${protocol}://${host}`
}

const signatureOf = (name: string, end: string): string => digestOf("emulator", name, end)

/** The URL of an image, valid for an hour. */
export const urlOf = (
  { digest, height, width }: Source,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const name = `img-${digest}-${width}x${height}.png`
    const end = new Date(now + lifetime).toISOString()
    const query = new URLSearchParams({ se: end, sig: signatureOf(name, end) })
    return `${originOf(request)}${prefix}${name}?${query}`
  })

const notFound = new ServerError({ status: 404, message: "The specified image does not exist." })

const notAuthenticated = (reason: string) =>
  new ServerError({
    status: 403,
    code: "AuthenticationFailed",
    message: `Server failed to authenticate the request. ${reason}`
  })

/** The image of a request, if the request is for one. No key is needed: the URL has a signature. */
export const pictureAt = (
  path: string,
  { url }: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse, ServerError> | undefined => {
  if (!path.startsWith(prefix)) return undefined
  const name = path.slice(prefix.length)
  const [, digest, width, height] = /^img-([0-9a-f]{24})-(\d{1,4})x(\d{1,4})\.png$/.exec(name) ?? []
  if (digest === undefined) return notFound
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1))
  const end = query.get("se") ?? ""
  if (query.get("sig") !== signatureOf(name, end)) return notAuthenticated("The signature is wrong.")
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now < Date.parse(end)
      ? Effect.succeed(
        HttpServerResponse.uint8Array(encode({ digest, width: Number(width), height: Number(height) }), {
          contentType: "image/png",
          headers: { "access-control-allow-origin": "*" }
        })
      )
      : notAuthenticated("Signature not valid in the specified time frame."))
}
