import Testing

@testable import Addresses

@Suite struct AddressTests {
  @Test("addresses that aren't of the public Internet, by the registries of special-purpose ones")
  func addresses() {
    let special = [
      "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
      "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.0.1",
      "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255", "::", "::1",
      "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001::1", "::ffff:127.0.0.1",
      "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "[::1]",
      "3fff::1", "5f00::1",
    ]
    for text in special { #expect(IPAddress(text)?.isPublic == false, "\(text)") }
    let open = [
      "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
      "192.0.1.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
      "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::",
    ]
    for text in open { #expect(IPAddress(text)?.isPublic == true, "\(text)") }
    #expect(IPAddress("::ffff:8.8.8.8")?.text == "8.8.8.8")
    #expect(IPAddress("2606:4700::1111")?.text == "2606:4700::1111")
    for text in ["example.org", "0x7f.1", "2130706433", "127.1", ""] {
      #expect(IPAddress(text) == nil)
    }
  }

  @Test("a block holds the addresses that begin as it does, of its own version")
  func blocks() throws {
    for (text, inside, outside) in [
      ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.1.1"], ["11.0.0.0", "::a"]),
      ("192.168.4.7", ["192.168.4.7"], ["192.168.4.6", "192.168.4.8"]),
      ("172.16.0.0/12", ["172.31.1.1"], ["172.32.0.0", "172.15.255.255"]),
      ("0.0.0.0/0", ["1.2.3.4"], ["::1"]), ("fd00::/8", ["fd12::1"], ["fc12::1", "10.0.0.1"]),
      ("::1", ["::1"], ["::2"]),
    ] {
      let block = try #require(AddressBlock(text))
      for one in inside {
        #expect(block.contains(try #require(IPAddress(one))), "\(one) in \(text)")
      }
      for one in outside {
        #expect(!block.contains(try #require(IPAddress(one))), "\(one) not in \(text)")
      }
    }
    for text in ["", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/", "name/8", "10/8"] {
      #expect(AddressBlock(text) == nil, "\(text)")
    }
  }
}
