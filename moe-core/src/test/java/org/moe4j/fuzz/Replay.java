// SPDX-License-Identifier: Apache-2.0
package org.moe4j.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads every input of the corpus, for a process of its own. */
final class Replay {

  private Replay() {}

  /**
   * Ends with status 0 if every input was read or refused as it should be.
   *
   * @param args the folder of the corpora
   */
  public static void main(String[] args) throws IOException {
    int inputs = 0;
    for (FuzzTarget target : FuzzTarget.values()) {
      for (Path input : target.corpus(Path.of(args[0]))) {
        try {
          target.read(Files.readAllBytes(input));
        } catch (RuntimeException | Error e) {
          throw new IllegalStateException(input.toString(), e);
        }
        inputs++;
      }
    }
    System.out.println(inputs + " inputs");
  }
}
