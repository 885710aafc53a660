package keywords;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Tells Java's keywords from other words with a single comparison. */
public final class Keywords {
    private final int seed;
    private final String[] table;

    private Keywords(int seed, String[] table) {
        this.seed = seed;
        this.table = table;
    }

    /** The table that the build wrote. */
    public static Keywords load() {
        try (InputStream in = Keywords.class.getResourceAsStream("table.txt")) {
            String[] lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1);
            String[] head = lines[0].trim().split(" ");
            String[] table = new String[Integer.parseInt(head[1])];
            for (int i = 0; i < table.length; i++) {
                table[i] = lines[i + 1].trim();
            }
            return new Keywords(Integer.parseInt(head[0]), table);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean contains(String word) {
        return !word.isEmpty() && table[Hash.slot(word, seed, table.length)].equals(word);
    }

    public int slots() {
        return table.length;
    }
}
