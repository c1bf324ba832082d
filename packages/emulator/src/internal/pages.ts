import * as Api from "@effect-openai/core/Api"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { example } from "./example.js"

/** The pages for people, and what they are made of. Nothing else is read from disk. */
const assets: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/organization": ["organization.html", "text/html; charset=utf-8"],
  "/docs": ["docs.html", "text/html; charset=utf-8"],
  "/pages/docs.js": ["docs.js", "text/javascript; charset=utf-8"],
  "/pages/dom.js": ["dom.js", "text/javascript; charset=utf-8"],
  "/pages/icon.svg": ["icon.svg", "image/svg+xml"],
  "/pages/chart.js": ["chart.js", "text/javascript; charset=utf-8"],
  "/pages/jobs.css": ["jobs.css", "text/css; charset=utf-8"],
  "/pages/jobs.js": ["jobs.js", "text/javascript; charset=utf-8"],
  "/pages/pieces.js": ["pieces.js", "text/javascript; charset=utf-8"],
  "/pages/organization.css": ["organization.css", "text/css; charset=utf-8"],
  "/pages/organization.js": ["organization.js", "text/javascript; charset=utf-8"],
  "/pages/page.css": ["page.css", "text/css; charset=utf-8"],
  "/pages/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/pages/session.js": ["session.js", "text/javascript; charset=utf-8"]
}

/** The pages load nothing from another origin, run only their own files, and can't be shown in a frame. */
const headers = {
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

interface Media {
  readonly schema?: unknown
  readonly example?: unknown
}

interface Body {
  readonly content?: Readonly<Record<string, Media>>
}

interface Described {
  readonly requestBody?: Body | undefined
  readonly responses: Readonly<Record<string, Body>>
}

const mapValues = <A, B>(record: { readonly [key: string]: A }, f: (value: A) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

/** The contract as an OpenAPI document, with an example of each body. */
const documentation = Effect.runSync(Effect.cached(Effect.sync(() => {
  const api = Api.openApi()
  const withExamples = (body: Body): Body =>
    body.content === undefined ? body : {
      ...body,
      content: mapValues(body.content, (media): Media => ({
        // A reference is looked up in the components next to the schema.
        example: example({ allOf: [media.schema], components: api.components }, { text: "string" }),
        ...media
      }))
    }
  const describe = (operation: Described): Described => ({
    ...operation,
    ...(operation.requestBody === undefined ? undefined : { requestBody: withExamples(operation.requestBody) }),
    responses: mapValues(operation.responses, withExamples)
  })
  return JSON.stringify({ ...api, paths: mapValues(api.paths, (methods) => mapValues(methods, describe)) })
})))

const asset = (file: string, contentType: string) =>
  Effect.map(
    Effect.promise(() => readFile(new URL(`../../pages/${file}`, import.meta.url))),
    (body) => HttpServerResponse.uint8Array(body, { contentType, headers })
  )

/** The page, or a part of one, that a path names. */
export const pageAt = (path: string): Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined => {
  if (path === "/openapi.json") {
    return Effect.map(
      documentation,
      (json) => HttpServerResponse.text(json, { contentType: "application/json", headers })
    )
  }
  const found = Object.hasOwn(assets, path) ? assets[path] : undefined
  return found && asset(...found)
}
