import type * as Audio from "@effect-openai/core/Audio"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { now } from "./documents.js"

// The speech and the images that were generated last, for the page. They are not objects of the API.

/** Generated speech, or an image. */
export interface Piece {
  readonly id: string
  readonly created_at: number
  readonly type: "speech" | "image"
  /** The text of the speech, or the prompt of the image. */
  readonly title: string
  /** Path and query, from the origin of the emulator. */
  readonly path: string
}

interface Service {
  readonly addImage: (prompt: string, url: string) => Effect.Effect<void>
  readonly addSpeech: (request: Audio.CreateSpeechRequest) => Effect.Effect<void>
  /** The pieces, the latest first. */
  readonly latest: Effect.Effect<ReadonlyArray<Piece>>
  /** The request that speech was generated for. Its audio is the same each time, and so is not kept. */
  readonly speech: (id: string) => Effect.Effect<Audio.CreateSpeechRequest | undefined>
}

export class Gallery extends Context.Tag("@effect-openai/emulator/internal/Gallery")<Gallery, Service>() {}

/** The path of speech, before its ID. */
const speechPath = "/_emulator/speech/"

const kept = 50

export const layer = (): Layer.Layer<Gallery> =>
  Layer.sync(Gallery, () => {
    let pieces: ReadonlyArray<Piece & { readonly request?: Audio.CreateSpeechRequest }> = []
    let count = 0
    const add = (make: (id: string) => Omit<(typeof pieces)[number], "id" | "created_at">) =>
      Effect.map(now, (created_at) => {
        const id = `generated_${++count}`
        pieces = [{ id, created_at, ...make(id) }, ...pieces.slice(0, kept - 1)]
      })
    return {
      addImage: (title, url) => add(() => ({ type: "image", title, path: url.replace(/^\w+:\/\/[^/]*/, "") })),
      addSpeech: (request) =>
        add((id) => ({ type: "speech", title: request.input, path: `${speechPath}${id}`, request })),
      latest: Effect.sync(() => pieces.map(({ request: _, ...piece }) => piece)),
      speech: (id) => Effect.sync(() => pieces.find((piece) => piece.id === id)?.request)
    }
  })
