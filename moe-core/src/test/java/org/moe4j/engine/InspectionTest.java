// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.MixtureModel;
import org.moe4j.format.GgufBytes;
import org.moe4j.format.TensorType;

/** An inspection names everything that is in the way, not only the first of it. */
class InspectionTest {

  @TempDir private Path folder;

  private static void assertNames(List<String> problems, String... parts) {
    assertEquals(parts.length, problems.size(), problems::toString);
    for (int i = 0; i < parts.length; i++) {
      String problem = problems.get(i);
      assertTrue(problem.contains(parts[i]), () -> problem);
    }
  }

  @Test
  void everySettingThatIsRefusedIsNamed() throws IOException, URISyntaxException {
    Path fixture =
        Path.of(
            Objects.requireNonNull(InspectionTest.class.getResource("/parity/mixtral-plain"))
                .toURI());
    Files.copy(fixture.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    String config = Files.readString(fixture.resolve("config.json"));
    assertEquals(List.of(), inspect(config));
    String odd =
        config
            .replaceFirst("\"hidden_act\": [^,]*", "\"hidden_act\": \"gelu_new\"")
            .replaceFirst("\\{", "{\"quantization_config\": {\"quant_method\": \"unheard-of\"},");
    List<String> problems = inspect(odd);
    assertNames(problems, "unheard-of", "gelu_new");
  }

  private List<String> inspect(String config) throws IOException {
    Files.writeString(folder.resolve("config.json"), config);
    return MixtureModel.inspect(folder).unsupported();
  }

  @Test
  void everyTensorTypeThatIsUnknownIsNamedOnceAndTheFamilyToo() throws IOException {
    GgufBytes gguf =
        new GgufBytes()
            .text("general.architecture", "unheard-of")
            .zeros("a", TensorType.Q8_K, 256)
            .zeros("b", TensorType.F64, 32)
            .zeros("c", TensorType.Q8_K, 256)
            .zeros("d", TensorType.F32, 32);
    Path file = Files.write(folder.resolve("odd.gguf"), gguf.build());
    assertNames(
        MixtureModel.inspect(file).unsupported(),
        "family \"unheard-of\"",
        "a: tensor type Q8_K is not supported; so it is with 1 more",
        "b: tensor type F64 is not supported");
  }
}
