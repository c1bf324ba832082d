import * as ContractTests from "@effect-openai/contract-tests/Vitest"
import { Emulator } from "@effect-openai/emulator"

// Suite.test.ts runs this file, and reads its failure.

ContractTests.register("a mock", { layer: Emulator.layer(), only: ["models/list", "createAsistant"] })
