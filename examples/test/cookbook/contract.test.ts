import * as ContractTests from "@effect-openai/contract-tests/Vitest"
import { Emulator } from "@effect-openai/emulator"

ContractTests.register("our server", {
  // The transport to the server under test: here an emulator. `FetchHttpClient.layer` uses the network.
  layer: Emulator.layer(),
  baseUrl: "http://127.0.0.1:8080/v1",
  // The scenarios to run. Default: all; those that the server can't pass by its `operations` and `capabilities` are skipped.
  only: ["models/list", "embeddings", "chat"],
  capabilities: { scripted: true }
})
