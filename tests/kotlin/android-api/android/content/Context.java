package android.content;

public abstract class Context {
  public abstract java.io.File getNoBackupFilesDir();
  public final <T> T getSystemService(Class<T> type) { throw new UnsupportedOperationException(); }
}
