/**
 * KnownDeviation: contradictions of the documentation with itself. Each deviation of a documented example from the
 * documented Schema is listed with the decision of the contract.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Deviation } from "./Deviation.js"

/**
 * The examples that have a known deviation. Every field of every operation in every document deviates.
 *
 * @since 0.1.0
 * @category models
 */
export const Location = Schema.Struct({
  documents: Schema.NonEmptyArray(Schema.NonEmptyString),
  operations: Schema.NonEmptyArray(Schema.NonEmptyString),
  fields: Schema.NonEmptyArray(Schema.String).annotations({
    description: "The field paths without array indexes, for example `data[].status`. Empty for the response itself."
  }),
  what: Schema.NonEmptyString.annotations({ description: "The text of the deviation." })
}).annotations({ identifier: "KnownDeviationLocation", description: "The examples that have a known deviation." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Location extends Schema.Schema.Type<typeof Location> {}

/**
 * A contradiction of the documentation with itself.
 *
 * @since 0.1.0
 * @category models
 */
export const KnownDeviation = Schema.Struct({
  id: Schema.NonEmptyString,
  title: Schema.NonEmptyString.annotations({
    description: "What the examples contain and the documentation excludes."
  }),
  decision: Schema.NonEmptyString.annotations({ description: "How the contract decides." }),
  locations: Schema.NonEmptyArray(Location)
}).annotations({ identifier: "KnownDeviation", description: "A contradiction of the documentation with itself." })

/**
 * @since 0.1.0
 * @category models
 */
export interface KnownDeviation extends Schema.Schema.Type<typeof KnownDeviation> {}

/**
 * A field path without array indexes: `data[].status` for `data[3].status`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const fieldOf = ({ field }: Deviation): string => field.replace(/\[\d+\]/g, "[]")

/**
 * The known deviation that a deviation of a documented example belongs to. undefined if it is not known.
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
  all.find(({ locations }) =>
    locations.some(({ documents, fields, operations, what }) =>
      documents.includes(document) && operations.includes(operation) && fields.includes(fieldOf(deviation)) &&
      what === deviation.what
    )
  )

/**
 * All known deviations of the documents that the fixtures are from.
 *
 * @since 0.1.0
 * @category models
 */
export const all: ReadonlyArray<KnownDeviation> = [
  {
    id: "assistant-file-null",
    title: "the response to an attached file is null",
    decision: "The response is the attached file, never null.",
    locations: [
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
    title: "runs lack settings that later versions have",
    decision: "The fields are required by the documented Schema. The client accepts responses without them.",
    locations: [
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
    title: "runs that require no action lack required_action",
    decision: "The documented Schema requires it, as null. The client treats a missing field as null.",
    locations: [
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
    title: "streamed run steps have expires_at, the name of the field of runs",
    decision: "The contract has expired_at, the time when a step expired. expires_at is not documented.",
    locations: [
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
    title: "run steps lack metadata",
    decision: "The documented Schema requires it. The client accepts steps without it.",
    locations: [
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
    title: "messages lack status, completed_at, incomplete_at and incomplete_details",
    decision: "The fields are required by the documented Schema. The client accepts responses without them.",
    locations: [
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
    title: "a message file has a second ID, file_id",
    decision: "`id` is the ID of the file. file_id is not documented.",
    locations: [
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
    title: "files lack the required status",
    decision: "It is deprecated but required by the documented Schema. The client accepts files without it.",
    locations: [
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
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["completeUpload", "createUpload"],
        fields: ["file.status"],
        what: "is missing"
      }
    ]
  },
  {
    id: "file-cursors",
    title: "a list of files lacks cursors",
    decision: "Files are listed like other objects: the documented Schema requires first_id, last_id and has_more.",
    locations: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["listFiles"],
        fields: ["first_id", "has_more", "last_id"],
        what: "is missing"
      }
    ]
  },
  {
    id: "image-alone",
    title: "the response to createImage is one image instead of a list",
    decision: "The response is a list. The example shows one of its images.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["createImage"],
        fields: ["url", "revised_prompt"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["createImage"],
        fields: ["data", "created"],
        what: "is missing"
      }
    ]
  },
  {
    id: "embedding-alone",
    title: "the response to createEmbedding is one embedding instead of a list",
    decision: "The response is a list, also for one text.",
    locations: [
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
    id: "moderation-categories",
    title: "a moderation lacks the categories of newer models",
    decision: "The documented Schema requires all categories. The client accepts results without those of `illicit`, " +
      "and without `category_applied_input_types`.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["createModeration"],
        fields: [
          "results[].categories.illicit",
          "results[].categories.illicit/violent",
          "results[].category_applied_input_types",
          "results[].category_scores.illicit",
          "results[].category_scores.illicit/violent"
        ],
        what: "is missing"
      }
    ]
  },
  {
    id: "completion-refusal",
    title: "completions lack refusal",
    decision: "The documented Schema requires it, as null. The client accepts completions without it.",
    locations: [
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
    title: "a completion has null as system_fingerprint",
    decision: "The documented Schema allows text or no field. The client accepts null.",
    locations: [
      {
        documents: ["openai-2024-04-15.yaml", "openai-2024-12-18.yaml"],
        operations: ["createChatCompletion"],
        fields: ["system_fingerprint"],
        what: "Expected string, actual null"
      }
    ]
  },
  {
    id: "usage-result-alone",
    title: "the response to a request for usage is one result instead of a page of buckets",
    decision: "The response is a page. Its buckets have `results`, which the documented Schema names `result`.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: [
          "usage-completions",
          "usage-embeddings",
          "usage-moderations",
          "usage-images",
          "usage-audio-speeches",
          "usage-audio-transcriptions",
          "usage-vector-stores",
          "usage-code-interpreter-sessions",
          "usage-costs"
        ],
        fields: ["data", "has_more", "next_page"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: [
          "usage-completions",
          "usage-embeddings",
          "usage-moderations",
          "usage-images",
          "usage-audio-speeches",
          "usage-audio-transcriptions",
          "usage-vector-stores",
          "usage-code-interpreter-sessions",
          "usage-costs"
        ],
        fields: ["project_id"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: [
          "usage-completions",
          "usage-embeddings",
          "usage-moderations",
          "usage-images",
          "usage-audio-speeches",
          "usage-audio-transcriptions"
        ],
        fields: ["api_key_id", "model", "num_model_requests", "user_id"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-completions"],
        fields: ["batch", "input_audio_tokens", "input_cached_tokens", "output_audio_tokens", "output_tokens"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-completions", "usage-embeddings", "usage-moderations"],
        fields: ["input_tokens"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-images"],
        fields: ["images", "size", "source"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-audio-speeches"],
        fields: ["characters"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-audio-transcriptions"],
        fields: ["seconds"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-vector-stores"],
        fields: ["usage_bytes"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-code-interpreter-sessions"],
        fields: ["sessions"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-costs"],
        fields: ["amount", "line_item"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-completions"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.completions.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-embeddings"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.embeddings.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-moderations"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.moderations.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-images"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.images.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-audio-speeches"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.audio_speeches.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-audio-transcriptions"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.audio_transcriptions.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-vector-stores"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.vector_stores.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-code-interpreter-sessions"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.usage.code_interpreter_sessions.result\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["usage-costs"],
        fields: ["object"],
        what: "Expected \"page\", actual \"organization.costs.result\""
      }
    ]
  },
  {
    id: "audit-log-alone",
    title: "the response to list-audit-logs is one entry instead of a list",
    decision: "The response is a list.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["list-audit-logs"],
        fields: ["data", "first_id", "has_more", "last_id", "object"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["list-audit-logs"],
        fields: ["actor", "api_key.created", "effective_at", "id", "type"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "audit-log-fields",
    title: "entries of the audit log have fields that the documentation excludes",
    decision: "The client keeps the user agent of a session, and the `data` of an updated key.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["list-audit-logs"],
        fields: ["data[].actor.session.user_agent", "data[].api_key.updated.data"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "project-user-name",
    title: "a new project user lacks a name",
    decision: "The documented Schema requires it. The client accepts users without it.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["create-project-user"],
        fields: ["name"],
        what: "is missing"
      }
    ]
  },
  {
    id: "api-key-owner-time",
    title: "a user who owns a key has created_at instead of added_at",
    decision: "The documented Schema requires added_at. The client accepts users without it.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["retrieve-project-api-key"],
        fields: ["owner.user.added_at"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["retrieve-project-api-key"],
        fields: ["owner.user.created_at"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "fine-tuning-job-fields",
    title: "fine-tuning jobs lack required fields",
    decision: "They are required by the documented Schema. The client accepts jobs without them.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["cancelFineTuningJob", "createFineTuningJob"],
        fields: ["error", "finished_at", "seed", "trained_tokens"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["retrieveFineTuningJob"],
        fields: ["error"],
        what: "is missing"
      }
    ]
  },
  {
    id: "fine-tuning-wandb-run",
    title: "an integration of a fine-tuning job has run_id",
    decision: "The field is not documented. The client returns it as the server sent it.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["createFineTuningJob"],
        fields: ["integrations[].wandb.run_id"],
        what: "is not documented"
      }
    ]
  },
  {
    id: "fine-tuning-job-is-event",
    title: "the list of fine-tuning jobs holds an event",
    decision: "The list holds jobs.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listPaginatedFineTuningJobs"],
        fields: [
          "data[].error",
          "data[].fine_tuned_model",
          "data[].finished_at",
          "data[].model",
          "data[].organization_id",
          "data[].result_files",
          "data[].seed",
          "data[].status",
          "data[].trained_tokens",
          "data[].training_file",
          "data[].validation_file"
        ],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listPaginatedFineTuningJobs"],
        fields: ["data[].data", "data[].level", "data[].message", "data[].type"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listPaginatedFineTuningJobs"],
        fields: ["data[].object"],
        what: "Expected \"fine_tuning.job\", actual \"fine_tuning.job.event\""
      }
    ]
  },
  {
    id: "fine-tuning-event-data",
    title: "the data of an event is null",
    decision: "The documented Schema has an object. The client treats null as a missing field.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningEvents"],
        fields: ["data[].data"],
        what: "Expected { readonly [x: string]: unknown }, actual null"
      }
    ]
  },
  {
    id: "fine-tuning-item-alone",
    title: "the example is one object of the list",
    decision: "The response is a list.",
    locations: [
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningJobCheckpoints"],
        fields: ["data", "has_more"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningJobCheckpoints"],
        fields: ["created_at", "fine_tuned_model_checkpoint", "fine_tuning_job_id", "id", "metrics", "step_number"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningJobCheckpoints"],
        fields: ["object"],
        what: "Expected \"list\", actual \"fine_tuning.job.checkpoint\""
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningEvents"],
        fields: ["has_more"],
        what: "is missing"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningEvents"],
        fields: ["created_at", "id", "level", "message", "type"],
        what: "is not documented"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningEvents"],
        fields: ["data"],
        what: "Expected ReadonlyArray<FineTuningJobEvent>, actual {}"
      },
      {
        documents: ["openai-2024-12-18.yaml"],
        operations: ["listFineTuningEvents"],
        fields: ["object"],
        what: "Expected \"list\", actual \"fine_tuning.job.event\""
      }
    ]
  }
]
