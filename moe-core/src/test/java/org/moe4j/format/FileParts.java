// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Model files put together in memory, for tests that try many settings on the same tensors. */
public final class FileParts {

  private FileParts() {}

  /**
   * A directory with other settings.
   *
   * @param path its name, for messages
   * @param config the settings
   * @param tensors the tensors
   */
  public static ModelFile directory(Path path, Config config, Collection<TensorData> tensors) {
    return SafetensorsDirectory.of(path, Arena.ofAuto(), config, byName(tensors), 0);
  }

  /**
   * A GGUF file.
   *
   * @param path its name, for messages
   * @param data its bytes
   */
  public static ModelFile gguf(Path path, MemorySegment data) {
    GgufParser.Part part = GgufParser.parse(path.toString(), data);
    return new GgufFile(
        path, Arena.ofAuto(), part.config(), byName(part.tensors()), data.byteSize());
  }

  private static Map<String, TensorData> byName(Collection<TensorData> tensors) {
    Map<String, TensorData> map = new LinkedHashMap<>();
    tensors.forEach(tensor -> map.put(tensor.name(), tensor));
    return map;
  }
}
