import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Model from "../Model.js"

/** Maximum length of a model's text, in characters. Nothing else bounds a text that a server streams without end. */
const maxLength = 1_048_576

const tooLong = new Model.ModelError({
  code: "server_error",
  message: `The model's text is longer than ${maxLength} characters.`
})

const bound = (reply: Model.Reply): Model.Reply => {
  if (reply._tag !== "Text") return reply
  const pieces = Stream.suspend(() => {
    let length = 0
    return Stream.mapChunksEffect(reply.pieces, (chunk) => {
      for (const piece of chunk) length += piece.length
      return length > maxLength ? tooLong : Effect.succeed(chunk)
    })
  })
  return { ...reply, pieces }
}

/** The model, whose texts fail where they are too long. An immediate one has its text already. */
export const bounded = (model: Model.Service): Model.Service =>
  model.isImmediate === true ? model : { ...model, reply: (prompt) => Effect.map(model.reply(prompt), bound) }
