import type * as Audio from "@effect-openai/core/Audio"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Store from "../Store.js"
import { now } from "./documents.js"
import * as Recent from "./recent.js"

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

/** What is kept of a piece. The path of speech follows from its number. */
interface Made {
  readonly created_at: number
  readonly title: string
  readonly made: { readonly path: string } | { readonly request: Audio.CreateSpeechRequest }
}

interface Service {
  readonly addImage: (prompt: string, url: string) => Effect.Effect<void>
  readonly addSpeech: (request: Audio.CreateSpeechRequest) => Effect.Effect<void>
  /** The pieces, the latest first. */
  readonly latest: Effect.Effect<ReadonlyArray<Piece>, Store.StoreError>
  /** The request that speech was generated for. Its audio is the same each time, and so is not kept. */
  readonly speech: (id: string) => Effect.Effect<Audio.CreateSpeechRequest | undefined, Store.StoreError>
}

export class Gallery extends Context.Tag("@effect-openai/emulator/internal/Gallery")<Gallery, Service>() {}

/** The path of speech, before its ID. */
const speechPath = "/_emulator/speech/"

const kept = 50

const idOf = ({ number }: Recent.Kept<Made>): string => `generated_${number}`

const pieceOf = (one: Recent.Kept<Made>): Piece => {
  const id = idOf(one)
  const { created_at, made, title } = one.entry
  return "path" in made
    ? { id, created_at, type: "image", title, path: made.path }
    : { id, created_at, type: "speech", title, path: `${speechPath}${id}` }
}

/** Keeps the last pieces if `isShown`. */
export const layer = (isShown: boolean): Layer.Layer<Gallery, never, Store.Store> =>
  Layer.scoped(
    Gallery,
    Effect.gen(function*() {
      const recent = yield* Recent.make<Made>("generated", kept, isShown)
      const add = (title: string, made: Made["made"]) =>
        Effect.flatMap(now, (created_at) => recent.add({ created_at, title, made }))
      return {
        addImage: (title, url) => add(title, { path: url.replace(/^\w+:\/\/[^/]*/, "") }),
        addSpeech: (request) => add(request.input, { request }),
        latest: Effect.map(recent.latest, (all) => all.map(pieceOf)),
        speech: (id) =>
          Effect.map(recent.latest, (all) => {
            const made = all.find((one) => idOf(one) === id)?.entry.made
            return made !== undefined && "request" in made ? made.request : undefined
          })
      }
    })
  )
