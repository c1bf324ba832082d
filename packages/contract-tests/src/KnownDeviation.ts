/**
 * Where the documentation contradicts itself: each deviation of a documented example from what the same documentation
 * states, and how the contract decides.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Deviation } from "./Deviation.js"

/**
 * Where a quirk shows. Every operation named deviates in every field named, in every document named.
 *
 * @since 0.1.0
 * @category models
 */
export const Place = Schema.Struct({
  documents: Schema.NonEmptyArray(Schema.NonEmptyString),
  operations: Schema.NonEmptyArray(Schema.NonEmptyString),
  fields: Schema.NonEmptyArray(Schema.String).annotations({
    description:
      "The fields at fault, whatever the place in a list: `data[].status` say; empty where a whole response is."
  }),
  what: Schema.NonEmptyString.annotations({ description: "What is wrong with them, as a deviation says it." })
}).annotations({ identifier: "KnownDeviationLocation", description: "Where a quirk shows." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Place extends Schema.Schema.Type<typeof Place> {}

/**
 * A contradiction of the documentation with itself.
 *
 * @since 0.1.0
 * @category models
 */
export const KnownDeviation = Schema.Struct({
  id: Schema.NonEmptyString,
  title: Schema.NonEmptyString.annotations({ description: "What the examples have that the documentation excludes." }),
  decision: Schema.NonEmptyString.annotations({ description: "How the contract decides." }),
  places: Schema.NonEmptyArray(Place)
}).annotations({ identifier: "KnownDeviation", description: "A contradiction of the documentation with itself." })

/**
 * @since 0.1.0
 * @category models
 */
export interface KnownDeviation extends Schema.Schema.Type<typeof KnownDeviation> {}

/**
 * A field without its place in a list: `data[].status` for `data[3].status`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const fieldOf = ({ field }: Deviation): string => field.replace(/\[\d+\]/g, "[]")

/**
 * The quirk that a deviation of a documented example belongs to, if it is a known one.
 *
 * @example
 * import { KnownDeviation } from "@effect-openai/contract-tests"
 *
 * const known = KnownDeviation.find({
 *   document: "openai-2024-04-15.yaml",
 *   operation: "listFiles",
 *   deviation: { field: "data[0].status", what: "is missing" }
 * })
 * // known?.id is "file-status"
 *
 * @since 0.1.0
 * @category accessors
 */
export const find = (
  { deviation, document, operation }: {
    readonly document: string
    readonly operation: string
    readonly deviation: Deviation
  }
): KnownDeviation | undefined =>
  all.find(({ places }) =>
    places.some(({ documents, fields, operations, what }) =>
      documents.includes(document) && operations.includes(operation) && fields.includes(fieldOf(deviation)) &&
      what === deviation.what
    )
  )

/**
 * Every quirk of the documents that the fixtures are from.
 *
 * @since 0.1.0
 * @category models
 */
export const all: ReadonlyArray<KnownDeviation> = [
  {
    id: "assistant-file-null",
    title: "an attached file is answered as null",
    decision: "The contract knows no null there; what was attached is answered.",
    places: [
      {
        documents: ["Create an assistant file (HTML)"],
        operations: ["createAssistantFile"],
        fields: [""],
        what: "Expected AssistantFileObject, actual null"
      }
    ]
  },
  {
    id: "run-settings",
    title: "runs come without the settings that later versions of them have",
    decision: "The fields are required of an exact response, and may be missing for a client.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["cancelRun"],
        fields: [
          "incomplete_details",
          "max_completion_tokens",
          "max_prompt_tokens",
          "response_format",
          "tool_choice",
          "truncation_strategy"
        ],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["createRun", "submitToolOuputsToRun"],
        fields: [
          "[].data.incomplete_details",
          "[].data.max_completion_tokens",
          "[].data.max_prompt_tokens",
          "[].data.response_format",
          "[].data.tool_choice",
          "[].data.truncation_strategy"
        ],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["createThreadAndRun"],
        fields: [
          "[].data.incomplete_details",
          "[].data.max_completion_tokens",
          "[].data.max_prompt_tokens",
          "[].data.response_format",
          "[].data.tool_choice",
          "[].data.truncation_strategy",
          "incomplete_details",
          "max_completion_tokens",
          "max_prompt_tokens",
          "response_format",
          "tool_choice",
          "truncation_strategy"
        ],
        what: "is missing"
      }
    ]
  },
  {
    id: "run-required-action",
    title: "runs that require nothing come without required_action",
    decision: "An exact response has it, as null; a client takes it for null where it is missing.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["cancelRun", "createRun", "createThreadAndRun", "getRun", "modifyRun", "submitToolOuputsToRun"],
        fields: ["required_action"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["listRuns"],
        fields: ["data[].required_action"],
        what: "is missing"
      }
    ]
  },
  {
    id: "step-expires-at",
    title: "run steps of a stream tell when they expire by the name that runs have for it",
    decision: "The contract has expired_at, which tells when a step did expire; expires_at is not documented.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["createRun", "createThreadAndRun", "submitToolOuputsToRun"],
        fields: ["[].data.expired_at"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["createRun", "createThreadAndRun", "submitToolOuputsToRun"],
        fields: ["[].data.expires_at"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "step-metadata",
    title: "run steps come without metadata",
    decision: "An exact response has it; a client takes steps without.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["createRun", "createThreadAndRun", "submitToolOuputsToRun"],
        fields: ["[].data.metadata"],
        what: "is missing"
      },
      { documents: ["openai-2024-04-15.yaml"], operations: ["getRunStep"], fields: ["metadata"], what: "is missing" },
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["listRunSteps"],
        fields: ["data[].metadata"],
        what: "is missing"
      }
    ]
  },
  {
    id: "message-status",
    title: "messages come without status, and without the times and reasons of their ends",
    decision: "The fields are required of an exact response, and may be missing for a client.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["createMessage", "getMessage", "modifyMessage"],
        fields: ["completed_at", "incomplete_at", "incomplete_details", "status"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["listMessages"],
        fields: ["data[].completed_at", "data[].incomplete_at", "data[].incomplete_details", "data[].status"],
        what: "is missing"
      }
    ]
  },
  {
    id: "message-file-id",
    title: "a message's file has a second ID, that of the file",
    decision: "The ID of both is `id`; file_id is not documented.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml"],
        operations: ["getMessageFile"],
        fields: ["file_id"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "file-status",
    title: "files come without the status that is required of them",
    decision: "It is deprecated, but required of an exact response; a client takes files without.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createFile", "retrieveFile"],
        fields: ["status"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["listFiles"],
        fields: ["data[].status"],
        what: "is missing"
      }
    ]
  },
  {
    id: "file-cursors",
    title: "a list of files comes without cursors",
    decision:
      "Files are listed as everything else is: an exact response says where it begins and ends, and whether more follow.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["listFiles"],
        fields: ["first_id", "has_more", "last_id"],
        what: "is missing"
      }
    ]
  },
  {
    id: "embedding-alone",
    title: "a request for embeddings is answered with one of them instead of a list",
    decision: "A list is answered, of one where one text was given.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createEmbedding"],
        fields: ["object"],
        what: "Expected \"list\", actual \"embedding\""
      },
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createEmbedding"],
        fields: ["data", "model", "usage"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createEmbedding"],
        fields: ["embedding", "index"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "completion-refusal",
    title: "completions come without the field for a refusal",
    decision: "An exact response has it, as null; a client takes completions without.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createChatCompletion"],
        fields: ["choices[].logprobs.refusal", "choices[].message.refusal"],
        what: "is missing"
      }
    ]
  },
  {
    id: "completion-fingerprint",
    title: "a completion has null for its fingerprint",
    decision: "It is a text or left out, and never null in an exact response; a client takes null.",
    places: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createChatCompletion"],
        fields: ["system_fingerprint"],
        what: "Expected string, actual null"
      }
    ]
  }
]
