// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.Answer;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.Request;
import org.moe4j.bench.peers.SyntheticModel.Mix;

/** Files with random weights can be opened and give finite answers. */
class SyntheticModelTest {

  private static final Shape TINY = tiny("qwen3moe");

  private static Shape tiny(String architecture) {
    return new Shape("tiny", architecture, 256, 2, 4, 2, 64, 256, 6, 2, 400);
  }

  @ParameterizedTest
  @EnumSource(
      value = Mix.class,
      names = {"F16", "Q8_0", "Q4_0", "Q4_K_M"})
  void opensAndGenerates(Mix mix, @TempDir Path folder) throws IOException {
    opensAndGenerates(TINY, mix, folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "olmoe", "gpt-oss"})
  void everyArchitectureOpensAndGenerates(String architecture, @TempDir Path folder)
      throws IOException {
    Mix mix = architecture.equals("gpt-oss") ? Mix.MXFP4 : Mix.Q4_0;
    opensAndGenerates(tiny(architecture), mix, folder);
  }

  private static void opensAndGenerates(Shape shape, Mix mix, Path folder) throws IOException {
    Path file = new SyntheticModel(shape, mix).in(folder);
    ModelInfo info = MixtureModel.inspect(file);
    assertEquals(shape.architecture(), info.family());
    assertEquals(6, info.experts());
    assertEquals(2, info.expertsPerToken());
    try (MixtureModel model = MixtureModel.builder(file).threads(2).open()) {
      Request request = Request.tokens(300, 301).maxTokens(5).ignoreEnd(true).build();
      Answer answer = model.generate(request);
      assertEquals(5, answer.usage().answerTokens());
      assertTrue(Double.isFinite(model.score(new int[] {300, 301, 302}).perplexity()));
    }
  }

  @Test
  void aFileThatIsThereIsNotMadeAgain(@TempDir Path folder) throws IOException {
    SyntheticModel model = new SyntheticModel(TINY, Mix.Q4_0);
    Path file = model.in(folder);
    Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000));
    model.in(folder);
    assertEquals(1_000, Files.getLastModifiedTime(file).toMillis());
  }
}
