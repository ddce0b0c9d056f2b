// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.moe4j.format.SafetensorsDirectory;
import org.moe4j.format.TensorType;

/** What the README says runs is what the code says runs. */
class ReadmeTest {

  /** The text of a row in the table "What runs", by what stands in its first column. */
  private static String row(String name) throws IOException {
    String start = "| " + name + " | ";
    List<String> found =
        Files.readAllLines(Path.of("..", "README.md")).stream()
            .filter(line -> line.startsWith(start))
            .toList();
    assertEquals(1, found.size(), () -> "rows that begin with " + start);
    String line = found.getFirst();
    return line.substring(start.length(), line.lastIndexOf(" |"));
  }

  @Test
  void listsTheTensorTypes() throws IOException {
    assertEquals(TensorType.supportedNames(), row("Tensor types"));
  }

  @Test
  void listsThePackingsOfSafetensors() throws IOException {
    assertEquals(SafetensorsDirectory.packings(), row("Packed safetensors"));
  }
}
