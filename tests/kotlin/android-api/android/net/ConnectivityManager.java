package android.net;

public class ConnectivityManager {
  public static class NetworkCallback {
    public void onAvailable(Network network) {}
    public void onLost(Network network) {}
  }
  public Network getActiveNetwork() { throw new UnsupportedOperationException(); }
  public NetworkCapabilities getNetworkCapabilities(Network network) { throw new UnsupportedOperationException(); }
  public void registerDefaultNetworkCallback(NetworkCallback callback) {}
  public void unregisterNetworkCallback(NetworkCallback callback) {}
}
