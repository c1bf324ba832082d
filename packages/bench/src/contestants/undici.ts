import { once } from "node:events"
import { request } from "undici"
import { compete } from "../contestant.js"
import { headers, jsonHeaders, raw } from "./raw.js"

const send = (url: string, body: string | undefined) =>
  body === undefined ? request(url, { headers }) : request(url, { method: "POST", headers: jsonHeaders, body })

compete(raw({
  json: async (url, body) => JSON.parse(await (await send(url, body)).body.text()),
  chunks: async (url, request, onChunk) => {
    const { body } = await send(url, request)
    body.on("data", onChunk)
    await once(body, "end")
  }
}))
