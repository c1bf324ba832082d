import { FineTuning } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import { file_id } from "./Files.js"
import type { Parameter, Samples } from "./sample.js"

const model = "gpt-4o-mini"

const fine_tuning_job_id: Parameter = {
  unknown: "ftjob-doesnotexist0000000000000",
  requires: ["files", "jobs"],
  create: () => Effect.map(given.job(), ({ id }) => id)
}

/** A job has a checkpoint for each epoch. */
const ofThreeEpochs: Parameter = {
  ...fine_tuning_job_id,
  create: () =>
    Effect.map(
      given.job({ method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 3, batch_size: 2 } } } }),
      ({ id }) => id
    )
}

/** The checkpoints of a job that has ended. */
const checkpoints = (fine_tuning_job_id: string) =>
  Effect.zipRight(
    given.trained(fine_tuning_job_id),
    Effect.map(FineTuning.checkpoints({ fine_tuning_job_id }), ({ data }) => data.map(({ id }) => id))
  )

/** The events of a job that has ended. */
const events = (fine_tuning_job_id: string) =>
  Effect.zipRight(
    given.trained(fine_tuning_job_id),
    Effect.map(FineTuning.events({ fine_tuning_job_id, limit: 5 }), ({ data }) => data.map(({ id }) => id))
  )

export const samples: Samples<"FineTuning"> = {
  createFineTuningJob: {
    requires: ["files", "jobs"],
    body: () => ({ model, training_file: file_id.unknown }),
    references: () =>
      Effect.map(
        given.file(given.examples(10), { name: "training.jsonl", purpose: "fine-tune" }),
        ({ id }) => ({ model, training_file: id, validation_file: undefined })
      ),
    repeats: ["training_file", "seed"],
    cleanUp: ({ id }) => FineTuning.cancel({ fine_tuning_job_id: id })
  },
  listPaginatedFineTuningJobs: {
    items: { shared: true, requires: ["files", "jobs"], create: () => given.sequentially(() => given.job()) }
  },
  retrieveFineTuningJob: { parameters: { fine_tuning_job_id } },
  cancelFineTuningJob: { parameters: { fine_tuning_job_id } },
  listFineTuningEvents: {
    parameters: { fine_tuning_job_id },
    // The job has others.
    items: { shared: true, create: ({ fine_tuning_job_id }) => events(fine_tuning_job_id!) }
  },
  listFineTuningJobCheckpoints: {
    parameters: { fine_tuning_job_id: ofThreeEpochs },
    items: { create: ({ fine_tuning_job_id }) => checkpoints(fine_tuning_job_id!) }
  }
}
