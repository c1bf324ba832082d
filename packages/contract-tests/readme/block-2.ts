import * as ContractTests from "@effect-openai/contract-tests/Vitest"
import { Emulator } from "@effect-openai/emulator"

ContractTests.register("our mock", {
  // Whatever HttpClient your programs are tested with.
  layer: Emulator.layer(),
  capabilities: { authentication: false, runs: false },
  only: ["createAssistant", "deleteAssistant"]
})
