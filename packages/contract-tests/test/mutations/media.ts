import type { Mutation } from "./mutation.js"
import { mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { bodies, of, requests, responses, textOf, withText } = Proxy

const asking = (operation: string, fields: object) =>
  of(operation, requests((request) => ({ ...request, json: { ...request.json as object, ...fields } })))

const transcriptions = ["createTranscription", "createTranslation"]

/** Changes responses of text. */
const texts = (f: (text: string) => string) =>
  of(
    transcriptions,
    responses((response) =>
      response.headers["content-type"]?.startsWith("text/plain") === true
        ? withText(response, f(textOf(response)))
        : response
    )
  )

/** Changes transcriptions of one kind. */
const transcribed = (f: (body: Proxy.Fields) => object, operations: string | ReadonlyArray<string> = transcriptions) =>
  of(operations, bodies(f))

const inSegments = (f: (segment: Proxy.Fields, index: number) => object) =>
  transcribed((body) => body["segments"] === undefined ? body : { ...body, segments: body["segments"].map(f) })

const inWords = (f: (word: Proxy.Fields) => object) =>
  transcribed((body) => body["words"] === undefined ? body : { ...body, words: body["words"].map(f) })

const without = (body: Proxy.Fields, name: string) => {
  const { [name]: _, ...others } = body
  return others
}

const imageOperations = ["createImage", "createImageEdit", "createImageVariation"] as const

const scenarios = { createImage: "generate", createImageEdit: "edit", createImageVariation: "vary" }

/** The header of a PNG with 64 pixels on each side. */
const otherImage = Buffer.from("89504e470d0a1a0a0000000d494844520000004000000040080600000000", "hex").toString("base64")

/** Faults of audio and images. */
export const media: ReadonlyArray<Mutation> = [
  mutation("returns MP3 for each format", "audio/speech", asking("createSpeech", { response_format: "mp3" })),
  mutation("returns PCM for WAV", "audio/wav", asking("createSpeech", { response_format: "pcm" })),
  mutation("generates the same speech for each text", "audio/wav", asking("createSpeech", { input: "Hello." })),
  mutation(
    "returns an empty file of audio",
    "audio/speech",
    of("createSpeech", responses((response) => ({ ...response, bytes: new Uint8Array() })))
  ),
  mutation(
    "returns speech of another media type",
    "audio/speech",
    of(
      "createSpeech",
      responses((response) => ({
        ...response,
        headers: { ...response.headers, "content-type": "application/octet-stream" }
      }))
    )
  ),
  mutation(
    "transcribes another text",
    "audio/transcribe",
    transcribed((body) => ({ ...body, text: "Thank you for watching." }), "createTranscription")
  ),
  mutation(
    "translates another text",
    "audio/transcribe",
    transcribed((body) => ({ ...body, text: "Thank you for watching." }), "createTranslation")
  ),
  mutation("returns a text without a line break", "audio/texts", texts((text) => text.trimEnd())),
  mutation("returns text formats as a JSON string", "audio/texts", texts((text) => JSON.stringify(text))),
  mutation(
    "writes SubRip without numbers",
    "audio/texts",
    texts((text) => text.replace(/^\d+\n(?=.*-->)/gm, ""))
  ),
  mutation(
    "writes SubRip with points",
    "audio/texts",
    texts((text) => text.replace(/(?<=:\d\d),(?=\d{3})/g, "."))
  ),
  mutation("writes WebVTT without its header", "audio/texts", texts((text) => text.replace("WEBVTT\n\n", ""))),
  mutation("writes subtitles without text", "audio/texts", texts((text) => text.replace(/[a-z]+\.$/gm, "."))),
  mutation(
    "writes times of segments in milliseconds",
    "audio/verbose",
    inSegments((segment) => ({ ...segment, start: 1000 * segment["start"], end: 1000 * segment["end"] }))
  ),
  mutation(
    "writes the same time for each segment",
    "audio/verbose",
    inSegments((segment, index) => index === 0 ? segment : { ...segment, start: -1, end: 0 })
  ),
  mutation(
    "writes times of words in milliseconds",
    "audio/verbose",
    inWords((word) => ({ ...word, start: 1000 * word["start"], end: 1000 * word["end"] }))
  ),
  mutation("leaves the text of segments out", "audio/verbose", inSegments((segment) => ({ ...segment, text: "" }))),
  mutation(
    "omits words",
    "audio/verbose",
    transcribed((body) => without(body, "words"), "createTranscription")
  ),
  mutation(
    "omits segments",
    "audio/verbose",
    transcribed((body) => without(body, "segments"), "createTranscription")
  ),
  mutation(
    "omits the segments of a translation",
    "audio/verbose",
    transcribed((body) => without(body, "segments"), "createTranslation")
  ),
  mutation(
    "returns segments with words that are requested alone",
    "audio/verbose",
    transcribed((body) => ({ segments: [], ...body }), "createTranscription")
  ),
  mutation(
    "returns verbose transcriptions without their fields",
    "audio/verbose",
    transcribed(({ text }) => ({ text }))
  ),
  mutation(
    "writes the language as a code",
    "audio/verbose",
    transcribed((body) => body["language"] === undefined ? body : { ...body, language: "en" })
  ),
  mutation(
    "names a task that was not requested",
    "audio/verbose",
    transcribed((body) => body["task"] === undefined ? body : { ...body, task: "transcribe" }, "createTranslation")
  ),
  ...imageOperations.flatMap((operation) => {
    const scenario = `images/${scenarios[operation]}`
    const inImages = (f: (image: Proxy.Fields) => object) =>
      of(operation, bodies((body) => ({ ...body, data: body["data"].map(f) })))
    return [
      mutation(
        `${operation} returns one image of two`,
        scenario,
        of(operation, bodies((body) => ({ ...body, data: body["data"].slice(0, 1) })))
      ),
      mutation(
        `${operation} returns no image`,
        scenario,
        of(operation, bodies((body) => ({ ...body, data: [] })))
      ),
      mutation(
        `${operation} returns images of another size`,
        scenario,
        inImages((image) => image["b64_json"] === undefined ? image : { ...image, b64_json: otherImage })
      ),
      mutation(
        `${operation} returns a URL for Base64`,
        scenario,
        inImages((image) => ({ url: "https://example.com/image.png", ...without(image, "b64_json") }))
      ),
      mutation(
        `${operation} returns Base64 for a URL`,
        scenario,
        inImages((image) => ({ b64_json: otherImage, ...without(image, "url") }))
      ),
      mutation(
        `${operation} returns text for an image`,
        scenario,
        inImages((image) => image["b64_json"] === undefined ? image : { ...image, b64_json: "VGV4dA==" })
      ),
      mutation(
        `${operation} returns a path for a URL`,
        scenario,
        inImages((image) => image["url"] === undefined ? image : { ...image, url: "/image.png" })
      ),
      mutation(
        `${operation} returns the time in milliseconds`,
        scenario,
        of(operation, bodies((body) => ({ ...body, created: 1000 * body["created"] })))
      )
    ]
  }),
  mutation(
    "omits the revised prompt of dall-e-3",
    "images/revised",
    of(
      "createImage",
      bodies((body) => ({
        ...body,
        data: body["data"].map((image: Proxy.Fields) => without(image, "revised_prompt"))
      }))
    )
  )
]
