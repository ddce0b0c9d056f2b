// SPDX-License-Identifier: Apache-2.0
package org.moe4j.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.moe4j.Forked;

/** Every input that fuzzing kept or found is read or refused as promised. */
class CorpusTest {

  private static Path folder() throws URISyntaxException {
    return Path.of(Objects.requireNonNull(CorpusTest.class.getResource("/fuzz")).toURI());
  }

  @ParameterizedTest
  @EnumSource
  void everyInputIsReadOrRefusedWithinTwoSeconds(FuzzTarget target)
      throws IOException, URISyntaxException {
    List<Path> inputs = target.corpus(folder());
    assertTrue(inputs.size() > 2, "no corpus");
    target.read(new byte[0]); // loads what the target needs once
    for (Path input : inputs) {
      byte[] bytes = Files.readAllBytes(input);
      long others = Contract.withinTwoSeconds(input.toString(), () -> target.read(bytes));
      assertTrue(others < 2e9, () -> input + " took " + others / 1e9 + " s");
    }
  }

  /** And none reaches memory that is not its own, which would end the process. */
  @Test
  void aHeapOf256MegabytesIsEnoughForEveryInput() throws Exception {
    String said = Forked.run(Forked.SMALL_AND_CHECKED, Replay.class, folder().toString());
    assertTrue(said.contains(" inputs"), said);
  }
}
