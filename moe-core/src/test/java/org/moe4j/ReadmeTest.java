// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.moe4j.family.Families;
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

  /** The names between back quotes in the rows of the table of families. */
  private static Set<String> families() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("..", "README.md"));
    Set<String> names = new TreeSet<>();
    int header = -1;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("| Family | ")) {
        header = i;
      }
    }
    // The line after the header only draws the table.
    for (int i = header + 2; lines.get(i).startsWith("|"); i++) {
      Matcher quoted = Pattern.compile("`([^`]+)`").matcher(lines.get(i));
      while (quoted.find()) {
        names.add(quoted.group(1));
      }
    }
    return names;
  }

  @Test
  void listsTheFamilies() throws IOException {
    assertEquals(Families.supported(), families());
  }
}
