// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.demo.DemoModel;

/** An engine in a process of its own answers, refuses and dies without taking the run along. */
class PeerTest {

  private static Peer start(Path folder, String engine) throws IOException {
    return new Peer.Recipe(
            engine,
            Peer.Format.GGUF,
            List.of(engine, "cpu", "2"),
            List.of(),
            System.getProperty("java.class.path"))
        .start(folder.resolve("log").toFile());
  }

  @Test
  void answersAndRefuses(@TempDir Path folder) throws IOException {
    try (Peer peer = start(folder, "moe4j")) {
      assertTrue(peer.ask("describe").startsWith("MoE4J"));
      assertThrows(IllegalStateException.class, () -> peer.ask("read 4 0"));
      peer.ask("open 2 64 128 " + DemoModel.path());
      assertTrue(peer.measure(Workload.read(16).command()) > 0);
      assertTrue(peer.measure(Workload.generate(4, 2).command()) > 0);
      assertTrue(peer.measure("memory") > 0);
      assertTrue(peer.measure("allocated") > 0);
      assertTrue(peer.isAlive());
    }
  }

  @Test
  void aDeadEngineIsToldFromOneThatRefuses(@TempDir Path folder) throws IOException {
    Peer peer = start(folder, "none");
    IllegalStateException dead =
        assertThrows(IllegalStateException.class, () -> peer.ask("describe"));
    assertEquals("none ended at: describe", dead.getMessage());
    peer.close();
    assertFalse(peer.isAlive());
  }

  @Test
  void jlamaIsMissedByItsName(@TempDir Path folder) throws IOException {
    try (Peer peer = start(folder, "jlama")) {
      IllegalStateException missing =
          assertThrows(IllegalStateException.class, () -> peer.ask("describe"));
      assertTrue(missing.getMessage().contains("Jlama is not on the class path"));
    }
  }
}
